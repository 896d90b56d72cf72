/**
 * Reads the JSON reports of test runs, for .ci/run.
 * - `skipped FIRST` prints a pattern of the skipped tests' names, then their files, one per line.
 * - `sum FIRST [SECOND]` prints "N passed, N failed, N skipped", each test once. Exits with 1 unless all passed.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

type Status = 'passed' | 'failed' | 'skipped' | 'pending' | 'todo';

/** A report of vitest or Jest, without unused fields. */
export interface Report {
  success: boolean;
  testResults: {
    name: string;
    status: 'passed' | 'failed';
    assertionResults: { ancestorTitles: string[]; title: string; status: Status }[];
  }[];
}

export interface Sum {
  passed: number;
  failed: number;
  skipped: number;
}

/** Returns the name of a test in the form that --testNamePattern matches. */
const nameOf = ({
  ancestorTitles,
  title,
}: Report['testResults'][number]['assertionResults'][number]): string =>
  [...ancestorTitles, title].join(' > ');

const isSkipped = (status: Status): boolean => status !== 'passed' && status !== 'failed';

/** Returns a pattern of the skipped tests' names, and their files, for a second run with more programs. */
export function skippedIn({ testResults }: Report): { pattern: string; files: string[] } {
  const names = new Set<string>();
  const files = new Set<string>();
  for (const { name, assertionResults } of testResults)
    for (const test of assertionResults)
      if (isSkipped(test.status) && test.status !== 'todo') {
        names.add(nameOf(test));
        files.add(name);
      }
  const escaped = [...names].map(name => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return { pattern: `^(${escaped.join('|')})$`, files: [...files] };
}

/** Adds up two runs. A result in the second run replaces `skipped` in the first run. */
export function sumOf(first: Report, second?: Report): Sum {
  const tests = new Map<string, Sum>();
  for (const [key, status] of outcomes(first)) {
    const sum = tests.get(key) ?? { passed: 0, failed: 0, skipped: 0 };
    sum[isSkipped(status) ? 'skipped' : (status as 'passed' | 'failed')]++;
    tests.set(key, sum);
  }
  for (const [key, status] of second === undefined ? [] : outcomes(second)) {
    const sum = tests.get(key);
    if (isSkipped(status) || sum === undefined || sum.skipped === 0) continue;
    sum.skipped--;
    sum[status as 'passed' | 'failed']++;
  }
  const total = {
    passed: 0,
    failed: broken(first) + (second === undefined ? 0 : broken(second)),
    skipped: 0,
  };
  for (const { passed, failed, skipped } of tests.values()) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  const failedWhole = [first, second].some(report => report?.success === false);
  return failedWhole && total.failed === 0 ? { ...total, failed: 1 } : total;
}

const outcomes = ({ testResults }: Report): [key: string, status: Status][] =>
  testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map((test): [string, Status] => [`${name}\n${nameOf(test)}`, test.status]),
  );

/** Counts the files that could not be loaded. Such a file has failed, but none of its tests has. */
const broken = ({ testResults }: Report): number =>
  testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some(test => test.status === 'failed'),
  ).length;

function main([what, ...files]: readonly string[]): number {
  const [first, second] = files.map(file => JSON.parse(readFileSync(file, 'utf8')) as Report);
  if (first === undefined || (what !== 'skipped' && what !== 'sum')) {
    process.stderr.write('tests/results.ts: expected skipped FIRST, or sum FIRST [SECOND]\n');
    return 64;
  }
  if (what === 'skipped') {
    const { pattern, files: paths } = skippedIn(first);
    if (paths.length > 0) console.log([pattern, ...paths.map(path => relative('', path))].join('\n'));
    return 0;
  }
  const { passed, failed, skipped } = sumOf(first, second);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
