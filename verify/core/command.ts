/** The command as printed texts and docs name it. The npm package named `baton` alone is another project's. */
export const COMMAND = 'npx baton-verify';
