/** The command as messages and docs show it. The npm package named just `baton` belongs to another project. */
export const COMMAND = 'npx baton-verify';
