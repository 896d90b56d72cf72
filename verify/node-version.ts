/** Checks the version of Node. This file runs first, on any version of Node, so it imports nothing. */

/**
 * The first version of Node that runs TypeScript directly and has all features that the package uses. scripts/setup has
 * the same number.
 */
export const LEAST_NODE = '22.18';

/** Returns whether a version is at least `least`. Compares only the first two numbers. */
export function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

/**
 * Returns a message that says which version of Node is needed and how to get it. Deno and Bun also report a version
 * of Node. But they have their own HTTP clients and clocks, and Baton was not tested with them.
 *
 * @param versions process.versions of the running program
 * @param path path of the running program
 * @returns undefined when the program is Node and new enough
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
