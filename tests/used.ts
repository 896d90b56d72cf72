/** Records which optional programs the tests have used, and lists them at the end of a test run. */
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestProject } from 'vitest/node';

/** Environment variable with the path of the file in which test processes record optional programs. */
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
 * Records which optional program a test file uses, or why its tests do not run. Call this at the top level of the
 * file.
 */
export function used(part: Part, answer: string): void {
  const file = process.env[FILE];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify([part, answer])}\n`);
}

/** Makes a folder that exists until the end of the test run. */
export function folderOfRun(): string {
  return mkdtempSync(join(dirname(process.env[FILE] ?? tmpdir()), 'own-'));
}

/** vitest calls this function before all tests, and the returned function after all tests. */
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
