/** Makes digests (short forms of a run's result) from the fields that differ from a healthy run. */
import type { Digest, GuaranteeDigest } from '../compare/digest.ts';
import type { Guarantee } from '../result/guarantees.ts';
import { bucketOf, formatBuckets } from '../result/latency.ts';

export const judged = (guarantee: Guarantee, more: Partial<GuaranteeDigest> = {}): GuaranteeDigest => ({
  guarantee,
  claimed: true,
  judgement: (more.violations ?? 0) > 0 ? 'violated' : 'valid',
  violations: 0,
  anomalies: (more.violations ?? 0) > 0 ? ['LOSS'] : [],
  rests: { requests: 10_000, handoffs: 5000, sessions: 500 },
  ...more,
});

/** Returns the digest of a run. @param minute the minute of the hour at which the run started */
export const digest = (minute = 0, more: Partial<Digest> = {}): Digest => ({
  run: `run-${minute}`,
  target: 'shop',
  started: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
  seed: 1,
  finished: 'complete',
  sessions: 500,
  guarantees: [judged('continuity'), judged('routing')],
  instances: served(5000, 5000),
  latency: [],
  ...more,
});

export const served = (...requests: readonly number[]): Digest['instances'] =>
  requests.map((count, i) => ({ instance: `app-${i + 1}`, requests: count, sessions: 500 }));

/** @param times response times in microseconds, one for each request */
export function answered(times: readonly number[], instance = 'app-1'): Digest['latency'] {
  const buckets = new Map<number, number>();
  for (const time of times) buckets.set(bucketOf(time), (buckets.get(bucketOf(time)) ?? 0) + 1);
  return [{ action: 'read', instance, buckets: formatBuckets(buckets) }];
}
