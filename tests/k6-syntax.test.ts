/**
 * Checks that k6 reads each file as TypeScript. k6 removes types only if a file is not valid JavaScript.
 * `check<Counts>({ … })` is valid JavaScript: two comparisons.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

const compiled = (text: string, loader: 'js' | 'ts'): string =>
  transformSync(text, { loader, tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } } }).code;

/** Returns true if the text is valid JavaScript, but has a different meaning as TypeScript. */
function isAmbiguous(text: string): boolean {
  let asJavaScript: string;
  try {
    asJavaScript = compiled(text, 'js');
  } catch {
    return false;
  }
  return asJavaScript !== compiled(text, 'ts');
}

it('k6 reads no file as JavaScript that TypeScript reads differently', () => {
  expect(isAmbiguous('export const one = check<Counts>({ counts: Counts });')).toBe(true);
  expect(isAmbiguous('export const one = check<Counts>({ counts: Counts } as Of);')).toBe(false);
  const files = globSync('{loadtests,verify/core,verify/client,verify/target}/**/*.ts', {
    cwd: root,
    exclude: ['**/*.test.ts'],
  });
  expect(files.length).toBeGreaterThan(300);
  expect(files.filter(file => isAmbiguous(readFileSync(join(root, file), 'utf8')))).toEqual([]);
});
