import { expect, it } from 'vitest';
import { bucketOf, formatBuckets, percentilesOf } from '../core/result/latency.ts';
import { timeLines, timeRows } from './times.ts';

const buckets = new Map([
  [bucketOf(1000), 94],
  [bucketOf(300_000), 6],
]);
const tally = {
  operations: 100,
  ok: 100,
  fail: 0,
  info: 0,
  sessions: 1,
  users: 1,
  handoffs: 0,
  duration: 1,
  failures: {},
  instances: [],
  latency: [
    {
      action: 'read' as const,
      instance: 'app-1',
      buckets: formatBuckets(buckets),
      percentiles: percentilesOf(buckets),
    },
  ],
};

it('shows the percentiles of each action and instance, if the load had a rate', () => {
  const [row = []] = timeRows({ tally: { ...tally, intended: 100 } });
  expect(row.slice(0, 3)).toEqual(['read', 'app-1', '100']);
  const [p50 = 0, p90 = 0, p95 = 0, p99 = 0] = row.slice(3).map(text => Number.parseFloat(text));
  for (const [came, expected] of [
    [p50, 1],
    [p90, 1],
    [p95, 300],
    [p99, 300],
  ] as const)
    expect(Math.abs(came - expected)).toBeLessThanOrEqual(0.031 * expected);
  expect(timeLines({ tally: { ...tally, intended: 100 } })).toHaveLength(3);
});

it('shows nothing without a rate, because response times then depend on how fast the sessions are', () => {
  expect(timeRows({ tally })).toEqual([]);
});
