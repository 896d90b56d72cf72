/** Provides the runs for bench/compare.ts: recorded runs, and runs that are generated at random. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../verify/core/compare/digest.ts';
import { atRank, bucketOf, formatBuckets, parseBuckets, sizeOf } from '../verify/core/result/latency.ts';
import { answered, digest } from '../verify/core/testing/digests.ts';
import type { Random } from '../verify/random.ts';

/** 64 recorded runs of one build. In the last 32 runs, a second process sometimes uses a CPU core. */
const recorded = (
  JSON.parse(readFileSync(join(import.meta.dirname, 'data/turns.json'), 'utf8')) as { runs: Digest[] }
).runs;
export const CALM = recorded.slice(0, recorded.length / 2);
export const LOADED = recorded.slice(recorded.length / 2);

/** Returns random pairs of concurrent recorded runs. In half of the pairs, the two runs are swapped. */
export function inTurns(runs: readonly Digest[], pairs: number, random: Random): [Digest[], Digest[]] {
  const all = Array.from({ length: runs.length / 2 }, (_, i) => i);
  while (all.length > pairs) all.splice(random.below(all.length), 1);
  const swapped = new Set<number>();
  while (swapped.size < pairs / 2) swapped.add(random.below(pairs));
  const [base, current]: [Digest[], Digest[]] = [[], []];
  all.forEach((pair, i) => {
    const [one, other] = [runs[2 * pair], runs[2 * pair + 1]] as [Digest, Digest];
    base.push(swapped.has(i) ? other : one);
    current.push(swapped.has(i) ? one : other);
  });
  return [base, current];
}

/** Number of recorded runs of 3 s that are joined into one run of usual length. */
const LONG = 6;

/** Joins recorded runs, and assigns each response at random to one of two equal builds. */
export function dealt(runs: readonly Digest[], pairs: number, random: Random): [Digest[], Digest[]] {
  const [base, current]: [Digest[], Digest[]] = [[], []];
  for (let i = 0; i < pairs; i++) {
    const drawn = Array.from({ length: LONG }, () => runs[random.below(runs.length)] as Digest);
    const all = drawn
      .flatMap(run => run.latency)
      .map(series => ({ series, buckets: parseBuckets(series.buckets) }));
    const sides = all.map(({ series, buckets }) => {
      const mine = new Map([...buckets].map(([bucket, count]) => [bucket, binomial(count, 0.5, random)]));
      const others = new Map(
        [...buckets].map(([bucket, count]) => [bucket, count - (mine.get(bucket) ?? 0)]),
      );
      return [mine, others].map(part => ({ ...series, buckets: formatBuckets(part) }));
    });
    const at = (minute: number, side: 0 | 1): Digest => ({
      ...digest(minute),
      latency: sides.map(both => both[side] as Digest['latency'][number]),
    });
    base.push(at(2 * i + (i % 2), 0));
    current.push(at(2 * i + 1 - (i % 2), 1));
  }
  return [base, current];
}

/** Returns the runs with all response times multiplied by `factor`. */
export const slowed = (runs: readonly Digest[], factor: number): Digest[] =>
  runs.map(one => ({
    ...one,
    latency: one.latency.map(series => {
      const buckets = parseBuckets(series.buckets);
      const answers = Array.from({ length: sizeOf(buckets) }, (_, i) => atRank(buckets, i + 1) * factor);
      return { ...series, buckets: answered(answers)[0]?.buckets ?? '' };
    }),
  }));

/** Returns how many of n events with probability p occur (binomial distribution). */
export function binomial(n: number, p: number, random: Random): number {
  let count = 0;
  for (let i = 0; i < n; i++) if (random.next() < p) count++;
  return count;
}

/** Generates alternating runs of two builds, with request rates and response times that vary. */
export function drawnTurns(
  slower: number,
  pairs: number,
  noise: number,
  random: Random,
): [Digest[], Digest[]] {
  const one = (minute: number, factor: number): Digest => {
    const level = Math.log(10_000 * factor) + noise * normal(random);
    const buckets = new Map<number, number>();
    for (let i = 0; i < 300; i++) {
      const bucket = bucketOf(Math.exp(level + 0.5 * normal(random)));
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
    }
    return digest(minute, { latency: [{ action: 'read', buckets: formatBuckets(buckets) }] });
  };
  const [base, current]: [Digest[], Digest[]] = [[], []];
  for (let i = 0; i < pairs; i++) {
    base.push(one(2 * i + (i % 2), 1));
    current.push(one(2 * i + 1 - (i % 2), slower));
  }
  return [base, current];
}

/** Returns a normally distributed random number (Box-Muller method). */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
