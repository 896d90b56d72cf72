/** Checks the version of Node. This file runs first, on any version of Node, so it imports nothing. */

/**
 * The first version of Node that runs TypeScript directly and has all features that the package uses. scripts/setup has
 * the same number.
 */
export const LEAST_NODE = '22.18';

/** Returns whether a version is at least `least`. It compares the first two numbers. */
export function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

/**
 * Returns a message about the version of Node that is needed and how to get it.
 *
 * @param version the version of the running Node, such as 20.20.2
 * @param path the path of the running Node
 * @returns undefined when the version is new enough
 */
export function nodeComplaint(version: string, path: string): string | undefined {
  if (isAtLeast(version, LEAST_NODE)) return undefined;
  return (
    `expected Node ${LEAST_NODE} or later, got ${version} (${path}). Install a newer one from https://nodejs.org, or ` +
    'put one beside Baton, which npx then takes: npm install --save-dev node@24'
  );
}
