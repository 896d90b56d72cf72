/** Records which optional programs the tests have used, and prints a list of them at the end of a test run. */
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestProject } from 'vitest/node';

/**
 * Name of an environment variable. Its value is the path of the file in which test processes record the optional
 * programs.
 */
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
 * Records which optional program the tests of a file use, or why the tests do not run. Call this function at the top
 * level of a test file. The end of the test run shows each different record once.
 */
export function used(part: Part, answer: string): void {
  const file = process.env[FILE];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify([part, answer])}\n`);
}

/** Makes a folder that exists until the end of the test run. */
export function folderOfRun(): string {
  return mkdtempSync(join(dirname(process.env[FILE] ?? tmpdir()), 'own-'));
}

/**
 * Global setup of vitest, which runs before all tests. The returned function runs after all tests, when vitest has
 * printed the results.
 */
export default function setup(_: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'baton-tests-'));
  // Servers that run as another user need access to the folders of test files.
  chmodSync(folder, 0o755);
  const file = join(folder, 'used');
  writeFileSync(file, '');
  process.env[FILE] = file;
  return () => {
    const answers = new Set(readFileSync(file, 'utf8').split('\n'));
    rmSync(folder, { recursive: true, force: true });
    for (const answer of answers) {
      if (answer !== '') process.stdout.write(`${(JSON.parse(answer) as string[]).join(': ')}\n`);
    }
  };
}
