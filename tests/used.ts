/** Records which optional programs the tests used, and prints the list in the last lines of a run. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/** The environment variable with the path of the file to which test processes write their notes. */
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
  | 'SeaweedFS'
  | 'a browser'
  | 'a terminal'
  | 'workflows'
  | 'manifests'
  | 'Kubernetes'
  | 'AWS'
  | 'AWS faults'
  | 'CloudFormation'
  | 'curl'
  | 'an older Node';

/**
 * Notes which program the tests of a file use, or why they do not run. Call it at the top level of the file. The last
 * lines of the test run show each different note once.
 */
export function used(part: Part, answer: string): void {
  const file = process.env[FILE];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify([part, answer])}\n`);
}

/**
 * Global setup of vitest: runs before all tests. The returned function runs after all tests, when the results are
 * printed.
 */
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
