/**
 * How long answers took, in a bounded summary: how many fell into each bucket of a scale in which each is a few per
 * cent wider than the one before. Two summaries add up, and quantiles are read from them within a bucket's width.
 */
import type { Action, Operation } from './history.ts';

/** Each bucket ends this much above its begin. */
const WIDTH = 1.03;
const LOG_WIDTH = Math.log(WIDTH);

/** Of one action on one instance. */
export interface Latency {
  action: Action;
  /** Absent where no answer named its instance. */
  instance?: string;
  /** `number:count` of each bucket that is not empty, by number; bucket n is from 1.03^n microseconds on. */
  buckets: string;
}

/** Count of answers by number of bucket. */
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
  const sum = new Map<number, number>();
  for (const buckets of all) {
    for (const [bucket, count] of buckets) sum.set(bucket, (sum.get(bucket) ?? 0) + count);
  }
  return sum;
}

export const sizeOf = (buckets: Buckets): number =>
  [...buckets.values()].reduce((sum, count) => sum + count, 0);

/**
 * @param rank of the answer, 1 for the fastest; those of one bucket are taken to be spread evenly over it
 * @returns microseconds
 */
export function atRank(buckets: Buckets, rank: number): number {
  let below = 0;
  for (const [bucket, count] of [...buckets].sort(([a], [b]) => a - b)) {
    if (below + count >= rank) return WIDTH ** (bucket + (rank - below - 0.5) / count);
    below += count;
  }
  return Number.NaN;
}

/** More pairs of action and instance than a deployment has are not told apart. */
const MOST = 100;

/** Gathers them. */
export class Latencies {
  readonly #actions = new Map<Action, Map<string | undefined, Map<number, number>>>();
  #series = 0;

  ended({ action, instance, outcome, call, return: end }: Operation): void {
    if (outcome !== 'ok' || end === undefined) return;
    const buckets = this.#actions.get(action)?.get(instance) ?? this.#add(action, instance);
    const bucket = bucketOf(end - call);
    buckets?.set(bucket, (buckets.get(bucket) ?? 0) + 1);
  }

  #add(action: Action, instance: string | undefined): Map<number, number> | undefined {
    if (++this.#series > MOST) return undefined;
    const instances = this.#actions.get(action) ?? new Map();
    this.#actions.set(action, instances);
    const buckets = new Map<number, number>();
    instances.set(instance, buckets);
    return buckets;
  }

  /** By action, then by instance. */
  finish(): Latency[] {
    const series = [...this.#actions].flatMap(([action, instances]) =>
      [...instances].map(([instance, buckets]) => ({
        action,
        ...(instance === undefined ? {} : { instance }),
        buckets: formatBuckets(buckets),
      })),
    );
    const name = ({ action, instance = '' }: Latency): string => `${action} ${instance}`;
    return series.sort((a, b) => (name(a) < name(b) ? -1 : 1));
  }
}
