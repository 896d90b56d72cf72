import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Report, skippedIn, sumOf } from './results.ts';

type Tests = Record<string, Report['testResults'][number]['assertionResults'][number]['status'][]>;

/** @param tests key: name of a test; value: its statuses. Two statuses make two tests with this name */
function report(
  tests: Tests,
  more: Partial<Report['testResults'][number]> & { success?: boolean } = {},
): Report {
  const assertionResults = Object.entries(tests).flatMap(([fullName, statuses]) =>
    statuses.map(status => {
      const [title = '', ...ancestors] = fullName.split(' > ').reverse();
      return { ancestorTitles: ancestors.reverse(), title, status };
    }),
  );
  const failed = assertionResults.some(({ status }) => status === 'failed');
  const { success = !failed, ...file } = more;
  return {
    success,
    testResults: [
      { name: '/project/a.test.ts', status: failed ? 'failed' : 'passed', assertionResults, ...file },
    ],
  };
}

describe('the sum of two runs', () => {
  it('counts each test once: the second result replaces only a skipped one', () => {
    const first = report({ a: ['passed'], b: ['skipped'], c: ['pending'], d: ['skipped'], e: ['todo'] });
    const second = report({ a: ['skipped'], b: ['passed'], c: ['failed'], d: ['skipped'] });
    expect(sumOf(first)).toEqual({ passed: 1, failed: 0, skipped: 4 });
    expect(sumOf(first, second)).toEqual({ passed: 2, failed: 1, skipped: 2 });
  });

  it('counts all tests that have the same name', () => {
    const first = report({ a: ['passed', 'skipped'] });
    expect(sumOf(first, report({ a: ['passed', 'passed'] }))).toEqual({ passed: 2, failed: 0, skipped: 0 });
  });

  it('counts a file that cannot be loaded, in either run, and a run that failed without a test', () => {
    const broken = report({}, { status: 'failed', success: false });
    expect(sumOf(broken)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(sumOf(report({ a: ['passed'] }), broken)).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(sumOf(report({ a: ['passed'] }, { success: false }))).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
  });
});

it('skipped tests are selected by whole names and by files', () => {
  const { pattern, files } = skippedIn(
    report({ 'x > (a+b)': ['skipped'], 'x > c': ['passed'], d: ['todo'] }),
  );
  expect(files).toEqual(['/project/a.test.ts']);
  expect('x > (a+b)').toMatch(new RegExp(pattern));
  expect('x > (a+b) and more').not.toMatch(new RegExp(pattern));
  expect('x > c').not.toMatch(new RegExp(pattern));
});

it("CI runs the README's test line unchanged, before it installs anything else", () => {
  const text = (file: string): string => readFileSync(join(import.meta.dirname, '..', file), 'utf8');
  const line = './scripts/setup && npm test';
  expect(text('README.md')).toContain(`\`${line}\``);
  expect(text('.github/workflows/ci.yml')).toContain(`run: ${line}\n`);
  const [before = '', after = ''] = text('.ci/run').split(`\n${line} || status=1\n`);
  expect(after).toContain('--stores');
  expect(before).not.toMatch(/^[^#]*(--stores|apt-get|docker info)/m);
});
