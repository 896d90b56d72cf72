/** Counts response times in buckets, each 3 % wider than the previous one. Percentiles are exact to 3 %. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Action, Operation } from '../history/history.ts';
import { sum } from './statistics.ts';

/** Ratio of the end of a histogram bucket to its start. */
const WIDTH = 1.03;
const LOG_WIDTH = Math.log(WIDTH);

export interface Latency {
  action: Action;
  instance?: string;
  percentiles?: Record<Percentile, number>;
  /** The histogram: `number:count` for each bucket that is not empty. Bucket n begins at 1.03^n microseconds. */
  buckets: string;
}

/** The percentiles of a result, by name, with the share of responses that are faster. */
export const PERCENTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;
export type Percentile = keyof typeof PERCENTILES;

export type Buckets = ReadonlyMap<number, number>;

export const bucketOf = (microseconds: number): number =>
  Math.floor(Math.log(Math.max(1, microseconds)) / LOG_WIDTH);

export function parseBuckets(text: string): Map<number, number> {
  const entries = text.split(' ').filter(part => part !== '');
  return new Map(entries.map(part => part.split(':').map(Number) as [number, number]));
}

export const formatBuckets = (buckets: Buckets): string =>
  [...buckets]
    .sort(([a], [b]) => a - b)
    .map(([bucket, count]) => `${bucket}:${count}`)
    .join(' ');

export function merged(all: Iterable<Buckets>): Map<number, number> {
  const together = new Map<number, number>();
  for (const buckets of all) {
    for (const [bucket, count] of buckets) together.set(bucket, (together.get(bucket) ?? 0) + count);
  }
  return together;
}

export const sizeOf = (buckets: Buckets): number => sum([...buckets.values()]);

/** Returns the response time at a rank (1 is the fastest), microseconds; NaN if there are fewer responses. */
export function atRank(buckets: Buckets, rank: number): number {
  let below = 0;
  for (const [bucket, count] of [...buckets].sort(([a], [b]) => a - b)) {
    if (below + count >= rank) return WIDTH ** (bucket + (rank - below - 0.5) / count);
    below += count;
  }
  return Number.NaN;
}

/** Returns the percentiles in microseconds. Requires at least one response. */
export function percentilesOf(buckets: Buckets): Record<Percentile, number> {
  const size = sizeOf(buckets);
  const at = (share: number): number => Math.round(atRank(buckets, Math.ceil(size * share)));
  const { p50, p90, p95, p99 } = PERCENTILES;
  return { p50: at(p50), p90: at(p90), p95: at(p95), p99: at(p99) };
}

/** Maximum number of histograms, one for each action on each instance. */
const MOST = 100;

export class Latencies {
  readonly #actions = new Map<Action, Map<string | undefined, Map<number, number>>>();
  #series = 0;

  ended({ action, instance, outcome, call, late = 0, return: end }: Operation): void {
    if (outcome !== 'ok' || end === undefined) return;
    const buckets = this.#actions.get(action)?.get(instance) ?? this.#add(action, instance);
    const bucket = bucketOf(end - call + late);
    buckets?.set(bucket, (buckets.get(bucket) ?? 0) + 1);
  }

  #add(action: Action, instance: string | undefined): Map<number, number> | undefined {
    if (++this.#series > MOST) return undefined;
    const buckets = new Map<number, number>();
    getOrInsert(this.#actions, action, () => new Map()).set(instance, buckets);
    return buckets;
  }

  finish(): Latency[] {
    const series = [...this.#actions].flatMap(([action, instances]) =>
      [...instances].map(([instance, buckets]) => ({
        action,
        ...(instance === undefined ? {} : { instance }),
        percentiles: percentilesOf(buckets),
        buckets: formatBuckets(buckets),
      })),
    );
    const name = ({ action, instance = '' }: Latency): string => `${action} ${instance}`;
    return series.sort((a, b) => (name(a) < name(b) ? -1 : 1));
  }
}
