/** What tests used that is not on every machine: told in the last lines of a run, which may pass without it. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/** How the processes of the tests are told where the file of notes is. */
const FILE = 'BATON_TESTS_USED';
export type Part =
  | 'real k6'
  | 'containers'
  | 'PostgreSQL'
  | 'faketime'
  | 'memcached'
  | 'hardened Redis'
  | 'Valkey'
  | 'HAProxy'
  | 'a browser'
  | 'a terminal'
  | 'workflows'
  | 'curl'
  | 'an older Node';

/**
 * For the top of a test file: what its tests run with, or why they do not.
 * Several files may say it; each distinct answer is told once.
 */
export function used(part: Part, answer: string): void {
  const file = process.env[FILE];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify([part, answer])}\n`);
}

/** Of vitest: runs before all tests; what it returns runs after them, when the results are printed. */
export default function setup(_: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'baton-tests-'));
  const file = join(folder, 'used');
  writeFileSync(file, '');
  process.env[FILE] = file;
  return () => {
    const answers = new Set(readFileSync(file, 'utf8').split('\n'));
    rmSync(folder, { recursive: true });
    for (const answer of answers) {
      if (answer !== '') process.stdout.write(`${(JSON.parse(answer) as string[]).join(': ')}\n`);
    }
  };
}
