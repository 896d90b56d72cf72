/** The command to run Baton, as messages and docs show it. The npm package named just `baton` is another project's. */
export const COMMAND = 'npx baton-verify';
