/** Checks that the code for k6 avoids a bug of k6's JavaScript engine. The check does not need k6. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const FILES = globSync('{verify/core,verify/reports,loadtests}/**/*.ts', { cwd: ROOT }).filter(
  file => !/\.test\.ts$|\/testing\//.test(file),
);
/**
 * Regular expressions for a class field with an initial value: its name and its value. The first one is for classes at
 * the top level of a file, the second one for classes inside a function.
 */
const FIELDS = [
  /^ {2}(?:readonly )?(#?\w+)(?:: [^=\n]+)? =(?!>)([\s\S]*?);\n(?=\n| {2}\S|\})/gm,
  /^ {4}(?:readonly |(?=#))(#?\w+)(?:: [^=\n]+)? =(?!>)([\s\S]*?);\n(?=\n| {4}\S| {2}\})/gm,
];

it('no class that k6 runs has a field with an arrow function that uses `this`', () => {
  // k6 2.2 has a bug: if a class has a field with an arrow function that uses `this`, initialisers of its other fields
  // cannot access the module's constants and classes.
  const found = FILES.flatMap(file =>
    FIELDS.flatMap(field => [...readFileSync(join(ROOT, file), 'utf8').matchAll(field)])
      .filter(([, , value = '']) => /=>[\s\S]*\bthis\b/.test(value))
      .map(([, name]) => `${file}: ${name}`),
  );
  expect(FILES.length).toBeGreaterThan(100);
  expect(found).toEqual([]);
});
