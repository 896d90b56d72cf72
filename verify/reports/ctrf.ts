/**
 * Writes a result as CTRF (Common Test Report Format, ctrf.io). CI tools fail a build only for the status `failed`, so
 * a claim without enough evidence gets `failed`, with the raw status `unknown`.
 */

import { GUARANTEES } from '../core/result/guarantees.ts';
import { unhealed } from '../core/result/result.ts';
import type { Verdict } from '../core/result/verdict.ts';
import {
  epoch,
  failingDifferences,
  findingOf,
  overall,
  type Report,
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
  const { result, source } = input;
  const start = epoch(result.started);
  const duration = Math.round(result.tally.duration / 1000);
  const cut = unfinished(result);
  const whole = [...(cut === undefined ? [] : [cut]), ...unhealed(result)].map(
    (message): Test => ({ name: 'run', status: 'failed', rawStatus: 'unknown', duration: 0, message }),
  );
  const guarantees = result.guarantees.map(
    (verdict): Test => ({
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
    }),
  );
  const regressions = failingDifferences(input).map(
    ({ about, means, lines }): Test => ({
      name: `baseline: ${about}`,
      status: 'failed',
      rawStatus: means === 'violated' ? 'worse' : 'unknown',
      duration: 0,
      message: lines.join('; '),
    }),
  );
  const tests = [...whole, ...regressions, ...guarantees];
  const of = (status: Test['status']): number => tests.filter(test => test.status === status).length;
  const summary = {
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
  return `${JSON.stringify(
    {
      reportFormat: 'CTRF',
      specVersion: '0.0.0',
      runId: result.run || 'run',
      generatedBy: 'baton-verify',
      results: {
        tool: { name: 'baton' },
        summary,
        tests,
        environment: {
          appName: result.target,
          testEnvironment: result.url,
          healthy: overall(input) === 'valid' && whole.length === 0,
          extra: {
            ...{ seed: result.seed, command: result.command },
            ...(result.faults === undefined ? {} : { faults: result.faults }),
          },
        },
      },
    },
    null,
    2,
  )}\n`;
});

function statusOf({ claimed, judgement }: Verdict): Test['status'] {
  if (!claimed) return 'skipped';
  return judgement === 'valid' ? 'passed' : 'failed';
}
