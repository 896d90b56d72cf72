/** The thresholds of k6 and the verdicts of the core say the same of every run. */
import { describe, expect, it } from 'vitest';
import { runLine } from '../../verify/core/testing/picture.ts';
import { Aggregate } from '../testing/aggregate.ts';
import { ERRORS, FIGURES, failureOf, OTHER, TAGGED, tagged, thresholdsOf } from './figures.ts';
import { settingsOf } from './settings.ts';
import { resultOf } from './summary.ts';

const INSTANCES = ['app-1', 'app-2'];
/** How many guarantees are judged. */
const ALL = 6;
const GOOD: Readonly<Record<string, number>> = {
  ...Object.fromEntries(FIGURES.map(({ metric, needs }) => [metric, needs === 'count==0' ? 0 : 500])),
  [tagged(TAGGED.requests, 'app-1')]: 250,
  [tagged(TAGGED.requests, 'app-2')]: 250,
  [tagged(TAGGED.replayed, 'app-1')]: 250,
  [tagged(TAGGED.replayed, 'app-2')]: 250,
};
const SETTINGS = settingsOf({}, 'logout-storm', { logouts: true });

/** What k6 would make of these sums. */
function summarised(sums: Readonly<Record<string, number>>) {
  const aggregate = new Aggregate(thresholdsOf(SETTINGS.judged, INSTANCES));
  for (const [name, value] of Object.entries(sums)) {
    const [, metric = name, tag, of] = /^(\w+)\{(\w+):(.*)\}$/.exec(name) ?? [];
    const tags = tag === undefined ? {} : { [tag]: of ?? '' };
    aggregate.add({ type: 'sample', metric, kind: 'counter', value, tags });
  }
  const metrics = aggregate.metrics(10);
  const passes = Object.values(metrics).every(m => Object.values(m.thresholds ?? {}).every(t => t.ok));
  const data = { metrics, state: { testRunDurationMs: 10_000, isStdOutTTY: false } };
  return { passes, result: resultOf(data, runLine(), SETTINGS) };
}

describe('a run that k6 counted', () => {
  it('is valid, and exits 0, when all is well', () => {
    const { passes, result } = summarised(GOOD);
    expect(passes).toBe(true);
    expect(result.judgement).toBe('valid');
    expect(result.guarantees.map(verdict => verdict.judgement)).toEqual(Array(ALL).fill('valid'));
    expect(result.tally.instances).toMatchObject([
      { instance: 'app-1', share: 0.5 },
      { instance: 'app-2', share: 0.5 },
    ]);
  });

  it('is unknown, and fails, when nothing was counted', () => {
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
    // Handoffs are judged requests, so there are never fewer of those.
  ].filter(change => change['baton_judged'] === undefined || change['baton_judged'] >= 10);
  it.each(changed)('fails by its thresholds exactly when its table is not valid: %o', change => {
    const { passes, result } = summarised({ ...GOOD, ...change });
    expect(passes).toBe(result.judgement === 'valid');
  });

  it('says which expected instance served nothing', () => {
    const { result } = summarised({ ...GOOD, [tagged(TAGGED.requests, 'app-2')]: 0 });
    const verdict = result.guarantees.find(({ guarantee }) => guarantee === 'routing');
    expect(verdict?.why).toContain('app-2 served nothing');
  });

  it.each([
    [303, '3xx'],
    [503, '5xx'],
    [101, 'other'],
    [undefined, 'no answer'],
  ])('counts a failure with status %s under %s', (status, under) => expect(failureOf(status)).toBe(under));
});
