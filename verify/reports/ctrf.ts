/**
 * Writes a result as CTRF (Common Test Report Format, ctrf.io). CI tools fail a build only for the status `failed`, so
 * a claim without enough evidence gets `failed`, with the raw status `unknown`.
 */

import { GUARANTEES } from '../core/result/guarantees.ts';
import { type Result, unhealed } from '../core/result/result.ts';
import type { Verdict } from '../core/result/verdict.ts';
import {
  epoch,
  failingDifferences,
  findingOf,
  overall,
  type Report,
  type ReportInput,
  safely,
  storyLines,
  unfinished,
} from './report.ts';

interface Test {
  name: string;
  status: 'passed' | 'failed' | 'skipped';
  [more: string]: unknown;
}

export const ctrf: Report = safely(input => {
  const { result } = input;
  const whole = wholeRun(result);
  const guarantees = result.guarantees.map(verdict => testOf(verdict, input));
  const tests = [...whole, ...regressions(input), ...guarantees];
  const report = {
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    runId: result.run || 'run',
    generatedBy: 'baton-verify',
    results: {
      tool: { name: 'baton' },
      summary: summaryOf(tests, result),
      tests,
      environment: {
        appName: result.target,
        testEnvironment: result.url,
        healthy: overall(input) === 'valid' && whole.length === 0,
        extra: {
          seed: result.seed,
          command: result.command,
          ...(result.faults === undefined ? {} : { faults: result.faults }),
        },
      },
    },
  };
  return `${JSON.stringify(report, null, 2)}\n`;
});

/** Returns a failed test for each reason why the whole run is unknown, such as an interruption. */
function wholeRun(result: Result): Test[] {
  const cut = unfinished(result);
  return [...(cut === undefined ? [] : [cut]), ...unhealed(result)].map(
    (message): Test => ({ name: 'run', status: 'failed', rawStatus: 'unknown', duration: 0, message }),
  );
}

function testOf(verdict: Verdict, { result, source }: ReportInput): Test {
  return {
    name: verdict.guarantee,
    status: statusOf(verdict),
    rawStatus: verdict.judgement,
    duration: 0,
    suite: ['baton', ...(result.target === '' ? [] : [result.target])],
    message: findingOf(verdict),
    ...(verdict.judgement === 'valid' ? {} : { trace: storyLines(verdict, result).join('\n') }),
    tags: [...GUARANTEES[verdict.guarantee].standards],
    filePath: source.path,
    extra: { claimed: verdict.claimed, violations: verdict.violations, rests: verdict.rests },
  };
}

function regressions(input: ReportInput): Test[] {
  return failingDifferences(input).map(({ about, means, lines }) => ({
    name: `baseline: ${about}`,
    status: 'failed',
    rawStatus: means === 'violated' ? 'worse' : 'unknown',
    duration: 0,
    message: lines.join('; '),
  }));
}

function summaryOf(tests: readonly Test[], result: Result) {
  const start = epoch(result.started);
  const duration = Math.round(result.tally.duration / 1000);
  const of = (status: Test['status']): number => tests.filter(test => test.status === status).length;
  return {
    tests: tests.length,
    passed: of('passed'),
    failed: of('failed'),
    skipped: of('skipped'),
    pending: 0,
    other: 0,
    start,
    stop: start + duration,
    duration,
  };
}

function statusOf({ claimed, judgement }: Verdict): Test['status'] {
  if (!claimed) return 'skipped';
  return judgement === 'valid' ? 'passed' : 'failed';
}
