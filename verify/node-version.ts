/** Checks the version of Node. Imports no module, so that the check also runs on old versions. */

/** Oldest version of Node with all features that Baton needs. The file scripts/setup repeats this version. */
export const LEAST_NODE = '22.18';

/** Compares versions such as `22.18.0` by their first two numbers. */
export function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

/**
 * Returns an error message if the running program is not Node, or too old. Deno and Bun claim a version of Node, but
 * have different HTTP clients and clocks.
 *
 * @param versions process.versions
 * @param path path of the running program
 */
export function nodeComplaint(versions: Readonly<NodeJS.Dict<string>>, path: string): string | undefined {
  const { node = '', deno, bun } = versions;
  const [other] = [deno && `Deno ${deno}`, bun && `Bun ${bun}`].filter(Boolean);
  if (other !== undefined)
    return (
      `expected Node ${LEAST_NODE} or later, got ${other} (${path}). Baton can be installed by any package manager, and ` +
      'runs on Node only: npx baton-verify, or node node_modules/.bin/baton-verify'
    );
  if (isAtLeast(node, LEAST_NODE)) return undefined;
  return (
    `expected Node ${LEAST_NODE} or later, got ${node} (${path}). Install a newer one from https://nodejs.org, or ` +
    'install one next to Baton, which npx then uses: npm install --save-dev node@24'
  );
}
