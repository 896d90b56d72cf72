/** The command that runs Baton, for messages and docs. The npm package `baton` is a different project. */
export const COMMAND = 'npx baton-verify';
