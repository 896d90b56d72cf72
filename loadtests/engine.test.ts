/** Checks that the code for k6 avoids a bug of its engine, also on machines without k6. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const FILES = globSync('{verify/core,verify/reports,loadtests}/**/*.ts', { cwd: ROOT }).filter(
  file => !/\.test\.ts$|\/testing\//.test(file),
);
/** A field of a class that is an arrow function: the name, and its body up to the next member. */
const FIELD =
  /^ {2}(?:readonly )?(#?\w+)(?:: [^=\n]+)? =\s*(?:async )?\([^)]*\)(?:: [^=\n]+)? =>([\s\S]*?)\n\n/gm;

it('no class that k6 runs has a field that is an arrow function with `this`', () => {
  // With such a field, initialisers of other fields cannot access the constants and classes of their module (k6 2.2).
  const found = FILES.flatMap(file =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(FIELD)]
      .filter(([, , body = '']) => /\bthis\b/.test(body))
      .map(([, name]) => `${file}: ${name}`),
  );
  expect(FILES.length).toBeGreaterThan(100);
  expect(found).toEqual([]);
});
