/** Checks package-lock.json. npm sometimes removes native packages for other systems, and `npm ci` then fails. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

interface Entry {
  dev?: boolean;
  license?: string;
  optionalDependencies?: Record<string, string>;
}

const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8')) as {
  packages: Record<string, Entry>;
};

/** True if the lock file lists the package in a `node_modules` where Node searches for it. */
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

/** Licences that are compatible with Baton's licence, MIT. */
const ALLOWED = ['MIT', 'MIT-0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0', 'Unlicense'];
/** Optional packages whose package.json states the MIT licence in an old format. */
const OLDER_FORM = ['buildcheck', 'cpu-features', 'ssh2'];

test('every package that users install has a licence that is compatible with that of Baton', () => {
  const others = Object.entries(lock.packages).filter(
    ([path, { dev, license = '' }]) =>
      path !== '' && dev !== true && !ALLOWED.includes(license) && !OLDER_FORM.includes(path.slice(13)),
  );
  expect(others.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
});
