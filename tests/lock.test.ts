/** Checks the lock file: npm sometimes drops native packages for other systems, and `npm ci` then refuses the file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

interface Entry {
  optionalDependencies?: Record<string, string>;
}

const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8')) as {
  packages: Record<string, Entry>;
};

/** Returns true if Node finds the package: next to the package that needs it, or in a folder above. */
function isListed(name: string, from: string): boolean {
  for (let folder = from; ; ) {
    if (`${folder}${folder === '' ? '' : '/'}node_modules/${name}` in lock.packages) return true;
    if (folder === '') return false;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')));
  }
}

test('package-lock.json lists every optional package, for all systems', () => {
  const missing = Object.entries(lock.packages).flatMap(([from, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter(name => !isListed(name, from)),
  );
  expect(missing).toEqual([]);
});
