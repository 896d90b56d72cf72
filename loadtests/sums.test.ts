/** Checks that k6's thresholds and Baton's judge always agree, for many combinations of counts. */
import { describe, expect, it } from 'vitest';
import {
  ATTEMPTS,
  ERRORS,
  FIGURES,
  failureOf,
  GAP,
  OTHER,
  TAGGED,
  tagged,
  thresholdsOf,
  UNAVAILABLE,
} from '../verify/core/sums/figures.ts';
import { resultOf } from '../verify/core/sums/result.ts';
import { runLine } from '../verify/core/testing/picture.ts';
import { conclusion } from '../verify/reports/report.ts';
import { settingsOf } from './lib/settings.ts';
import { Aggregate } from './testing/aggregate.ts';
import type { Kind } from './testing/messages.ts';

const KINDS: Readonly<Record<string, Kind>> = {
  [GAP]: 'trend',
  http_req_failed: 'rate',
  http_req_duration: 'trend',
};
const INSTANCES = ['app-1', 'app-2'];
const ALL = 7;
const GOOD: Readonly<Record<string, number>> = {
  ...Object.fromEntries(FIGURES.map(({ metric, needs }) => [metric, needs === 'count==0' ? 0 : 500])),
  [tagged(TAGGED.requests, 'app-1')]: 250,
  [tagged(TAGGED.requests, 'app-2')]: 250,
  [tagged(TAGGED.replayed, 'app-1')]: 250,
  [tagged(TAGGED.replayed, 'app-2')]: 250,
};
const SETTINGS = settingsOf({}, 'logout-storm', { logouts: true });
const DEPLOY = settingsOf({}, 'deploy', { window: { errors: 0.01, gap: 1000 } });

/** Returns whether k6's thresholds pass for these values of the metrics, and the result of Baton's judge. */
function summarised(sums: Readonly<Record<string, number>>, settings = SETTINGS) {
  const aggregate = new Aggregate({
    ...thresholdsOf(settings.judged, INSTANCES),
    http_req_failed: ['rate<=0.01'],
    'http_req_duration{phase:load}': ['p(95)<2000'],
  });
  for (const [name, value] of Object.entries(sums)) {
    const [, metric = name, tag, of] = /^(\w+)\{(\w+):(.*)\}$/.exec(name) ?? [];
    const tags = tag === undefined ? {} : { [tag]: of ?? '' };
    aggregate.add({ type: 'sample', metric, kind: KINDS[metric] ?? 'counter', value, tags });
  }
  const metrics = aggregate.metrics(10);
  const passes = Object.values(metrics).every(m => Object.values(m.thresholds ?? {}).every(t => t.ok));
  const data = { metrics, state: { testRunDurationMs: 10_000, isStdOutTTY: false } };
  return { passes, result: resultOf(data, runLine(), settings) };
}

describe('the verdict from the counters of a k6 run', () => {
  it('is valid and passes if all guarantees hold', () => {
    const { passes, result } = summarised(GOOD);
    expect(passes).toBe(true);
    expect(result.judgement).toBe('valid');
    expect(result.guarantees.map(verdict => verdict.judgement)).toEqual(Array(ALL).fill('valid'));
    expect(result.remarks).toEqual([]);
    // The text says "data", not "name", because this run also checked data other than names.
    const isolation = result.guarantees.find(({ guarantee }) => guarantee === 'isolation');
    expect(isolation?.finding).toContain("show another user's data");
    expect(result.tally.instances).toMatchObject([
      { instance: 'app-1', share: 0.5 },
      { instance: 'app-2', share: 0.5 },
    ]);
  });

  it('is unknown and fails if nothing was counted', () => {
    const { passes, result } = summarised({});
    expect(passes).toBe(false);
    expect(result.guarantees.map(verdict => verdict.judgement)).toEqual(Array(ALL).fill('unknown'));
  });

  const changed: Record<string, number>[] = [
    ...FIGURES.flatMap(({ metric }) => [0, 1, 2, 9, 10, 99, 100].map(n => ({ [metric]: n }))),
    ...INSTANCES.map(instance => ({ [tagged(TAGGED.requests, instance)]: 0 })),
    ...INSTANCES.map(instance => ({ [tagged(TAGGED.replayed, instance)]: 0 })),
    { [tagged(TAGGED.requests, OTHER)]: 300 },
    { [tagged(TAGGED.requests, 'app-1')]: 1 },
    { [tagged(TAGGED.requests, 'app-1')]: 50, [tagged(TAGGED.requests, 'app-2')]: 49 },
    { [tagged(TAGGED.requests, 'app-1')]: 50, [tagged(TAGGED.requests, 'app-2')]: 50 },
    { [ERRORS]: 1 },
    // Excludes impossible counts: the requests that reached another instance are a part of the judged requests.
  ].filter(change => change['baton_judged'] === undefined || change['baton_judged'] >= 10);
  it.each(changed)('fails by its thresholds exactly if its result is not valid: %o', change => {
    const { passes, result } = summarised({ ...GOOD, ...change });
    expect(passes).toBe(result.judgement === 'valid');
  });

  it.each([
    [{ baton_down: 3, baton_unavailable: 3 }, 'valid'],
    [{ baton_unavailable: 6 }, 'violated'],
    [{ [GAP]: 1000 }, 'valid'],
    [{ [GAP]: 1001 }, 'violated'],
    [{ [ATTEMPTS]: 99 }, 'unknown'],
  ])('is judged by its budget if the whole run is one fault window: %o is %s', (change, judgement) => {
    const failed =
      (change as Record<string, number>)['baton_unavailable'] === 6 ? { http_req_failed: 1 } : {};
    const { passes, result } = summarised({ ...GOOD, [UNAVAILABLE]: 0, ...failed, ...change }, DEPLOY);
    expect(result.guarantees.find(({ guarantee }) => guarantee === 'availability')?.judgement).toBe(
      judgement,
    );
    expect(passes).toBe(judgement === 'valid');
    expect(result.judgement).toBe(judgement);
  });

  it.each<[Record<string, number>, string]>([
    [{ http_req_failed: 1 }, 'http_req_failed rate<=0.01'],
    [{ 'http_req_duration{phase:load}': 2000 }, 'http_req_duration{phase:load} p(95)<2000'],
  ])('is violated by a limit of the load: %o', (change, limit) => {
    const { passes, result } = summarised({ ...GOOD, ...change });
    expect(passes).toBe(false);
    expect(result).toMatchObject({ judgement: 'violated', limits: [limit] });
    expect(conclusion(result)).toBe(`broken: ${limit}`);
  });

  it('is not violated by a guarantee that the script does not claim, and says how to see its violations', () => {
    const settings = settingsOf({}, 'dashboard', { claims: ['continuity'] });
    const { passes, result } = summarised({ ...GOOD, baton_bleed: 1 }, settings);
    const isolation = result.guarantees.find(({ guarantee }) => guarantee === 'isolation');
    expect(isolation).toMatchObject({ claimed: false, judgement: 'violated' });
    expect([result.judgement, passes]).toEqual(['valid', true]);
    expect(result.remarks).toEqual([expect.stringContaining('HISTORY=1 k6 run')]);
  });

  it('counts operations, failures and the shares of the instances', () => {
    const { result } = summarised({
      ...GOOD,
      [tagged(TAGGED.operations, 'ok')]: 90,
      [tagged(TAGGED.operations, 'fail')]: 7,
      [tagged(TAGGED.operations, 'info')]: 3,
      [tagged(TAGGED.failed, '5xx')]: 3,
      [tagged(TAGGED.requests, 'app-1')]: 300,
      [tagged(TAGGED.requests, 'app-2')]: 100,
      [tagged(TAGGED.met, 'app-1')]: 50,
    });
    expect(result.tally).toMatchObject({
      operations: 100,
      ok: 90,
      fail: 7,
      info: 3,
      failures: { '5xx': 3 },
      duration: 10_000_000,
    });
    expect(result.tally.instances).toEqual([
      { instance: 'app-1', requests: 300, sessions: 50, share: 0.75 },
      { instance: 'app-2', requests: 100, sessions: 0, share: 0.25 },
    ]);
  });

  it('shows the requests of instances that the settings do not name, and the limit of a wait', () => {
    const { result } = summarised({ ...GOOD, [tagged(TAGGED.requests, OTHER)]: 500, [GAP]: 900 }, DEPLOY);
    expect(result.tally.instances.map(({ instance, share }) => [instance, share])).toEqual([
      ['app-1', 0.25],
      ['app-2', 0.25],
      [OTHER, 0.5],
    ]);
    const availability = result.guarantees.find(({ guarantee }) => guarantee === 'availability');
    expect(availability?.finding).toContain(
      'a user waited up to 900 ms for the next success; the budget is 1 %, with a wait of at most 1,000 ms',
    );
  });

  it('says how many iterations of the script ended in an error', () => {
    const { result } = summarised({ ...GOOD, [ERRORS]: 2 });
    expect(result.judgement).toBe('unknown');
    expect(result.remarks).toEqual(['2 iterations of the script ended in an error: see above']);
  });

  it('has a duration of 0 if k6 gives none', () => {
    expect(resultOf({}, runLine(), SETTINGS).tally).toMatchObject({ duration: 0, operations: 0 });
  });

  it('names an expected instance that served no request', () => {
    const { result } = summarised({ ...GOOD, [tagged(TAGGED.requests, 'app-2')]: 0 });
    const verdict = result.guarantees.find(({ guarantee }) => guarantee === 'routing');
    expect(verdict?.why).toContain('no response came from app-2');
  });

  it.each([
    [303, '3xx'],
    [503, '5xx'],
    [101, 'other'],
    [undefined, 'no answer'],
  ])('counts a failure with status %s under %s', (status, under) => expect(failureOf(status)).toBe(under));
});
