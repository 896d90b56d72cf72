/** Checks, without k6, that the scripts for k6 avoid a bug of k6's JavaScript engine. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const FILES = globSync('{verify/core,verify/reports,loadtests}/**/*.ts', { cwd: ROOT }).filter(
  file => !/\.test\.ts$|\/testing\//.test(file),
);
/** Name and value of a class field, in classes at the top level and in classes inside a function. */
const FIELDS = [
  /^ {2}(?:readonly )?(#?\w+)(?:: [^=\n]+)? =(?!>)([\s\S]*?);\n(?=\n| {2}\S|\})/gm,
  /^ {4}(?:readonly |(?=#))(#?\w+)(?:: [^=\n]+)? =(?!>)([\s\S]*?);\n(?=\n| {4}\S| {2}\})/gm,
];

it('no class that k6 runs has a field with an arrow function that uses `this`', () => {
  // In k6 2.2, a class field with an arrow function that uses `this` hides
  // the module's constants and classes from the initialisers of the other fields.
  const found = FILES.flatMap(file =>
    FIELDS.flatMap(field => [...readFileSync(join(ROOT, file), 'utf8').matchAll(field)])
      .filter(([, , value = '']) => /=>[\s\S]*\bthis\b/.test(value))
      .map(([, name]) => `${file}: ${name}`),
  );
  expect(FILES.length).toBeGreaterThan(100);
  expect(found).toEqual([]);
});
