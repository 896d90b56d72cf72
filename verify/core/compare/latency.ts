/** Compares response times of two builds. Judges them by a signed-rank test if the runs alternated. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Action } from '../history/history.ts';
import { grouped } from '../result/format.ts';
import { atRank, type Buckets, type Latency, merged, parseBuckets, sizeOf } from '../result/latency.ts';
import type { Difference } from './difference.ts';
import { type Digest, faultsIn } from './digest.ts';
import { quantileRanks, signedRankP } from './quantiles.ts';

/** Quantiles of response times, such as the median (0.5): those that a report shows, and those that are judged. */
const REPORTED = [0.5, 0.95, 0.99] as const;
const JUDGED = [0.5, 0.95] as const;
const ENOUGH = 100;
const MARGIN = 1.05;
/** A change is certain if its p-value, multiplied by the number of judged quantiles, is below this limit. */
const SIGNIFICANT = 5e-4;
/** Each side must run first in at least this share of the pairs, because a machine may become slower. */
const EACH_ORDER = 1 / 3;

export function compareLatency(base: readonly Digest[], current: readonly Digest[]): Difference[] {
  if ([...base, ...current].some(digest => faultsIn(digest) > 0)) return [];
  const pairs = inTurns(base, current);
  const action = mostFrequent([...base, ...current]);
  if (action === undefined) return [];
  if (typeof pairs === 'string') return reportOnly(base, current, action, pairs);
  const judged = JUDGED.flatMap(quantile => judge(pairs, action, quantile));
  return judged.length > 0 ? judged : reportOnly(base, current, action, 'too few responses in a run');
}

function byKey<K>(latencies: readonly Latency[], keyOf: (of: Latency) => K | undefined): Map<K, Buckets> {
  const all = new Map<K, Buckets[]>();
  for (const latency of latencies) {
    const key = keyOf(latency);
    if (key !== undefined) getOrInsert(all, key, () => []).push(parseBuckets(latency.buckets));
  }
  return new Map([...all].map(([key, parts]) => [key, merged(parts)]));
}

const seriesOf = ({ latency }: Digest) => byKey(latency, ({ action }) => action);

/** Returns the most frequent action. Only this action is judged, because more tests need more runs. */
function mostFrequent(digests: readonly Digest[]): Action | undefined {
  const counts = new Map<Action, number>();
  for (const [action, buckets] of digests.flatMap(digest => [...seriesOf(digest)])) {
    counts.set(action, (counts.get(action) ?? 0) + sizeOf(buckets));
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** Pairs consecutive runs, one of each build. If the runs do not alternate, returns a message that says so. */
function inTurns(base: readonly Digest[], current: readonly Digest[]): [Digest, Digest][] | string {
  const least = Math.ceil(Math.log2(JUDGED.length / SIGNIFICANT));
  const asked = `let the builds take turns (base current current base …) for ${least} pairs of runs`;
  if (base.length !== current.length || base.length < least) {
    return `the speed of a machine changes over time. To compare response times, ${asked}`;
  }
  const all = [
    ...base.map(digest => ({ digest, isBase: true })),
    ...current.map(digest => ({ digest, isBase: false })),
  ];
  all.sort((a, b) => Date.parse(a.digest.started) - Date.parse(b.digest.started));
  const pairs: [Digest, Digest][] = [];
  let baseFirst = 0;
  for (let i = 0; i < all.length; i += 2) {
    const [first, second] = [all[i], all[i + 1]];
    if (first === undefined || second === undefined || first.isBase === second.isBase) {
      return `by their start times, the builds did not take turns: ${asked}`;
    }
    if (first.isBase) baseFirst++;
    pairs.push(first.isBase ? [first.digest, second.digest] : [second.digest, first.digest]);
  }
  if (Math.min(baseFirst, pairs.length - baseFirst) < EACH_ORDER * pairs.length) {
    return `one build nearly always ran first, so a machine that slows down would look like a worse build: ${asked}`;
  }
  return pairs;
}

function judge(pairs: readonly [Digest, Digest][], action: Action, quantile: number): Difference[] {
  const ratios: number[] = [];
  for (const pair of pairs) {
    const [before, now] = pair.map(digest => seriesOf(digest).get(action) ?? new Map()) as [Buckets, Buckets];
    if (Math.min(sizeOf(before), sizeOf(now)) < ENOUGH) return [];
    ratios.push(valueAt(now, quantile) / valueAt(before, quantile));
  }
  ratios.sort((a, b) => a - b);
  const n = ratios.length;
  const logs = ratios.map(Math.log);
  const middle = median(ratios);
  const slower = middle > MARGIN && signedRankP(logs) * JUDGED.length < SIGNIFICANT;
  const faster = middle < 1 / MARGIN && signedRankP(logs.map(log => -log)) * JUDGED.length < SIGNIFICANT;
  const { low, high } = quantileRanks(n, 0.5);
  const [from, to] = [ratios[Math.max(0, low - 1)], ratios[Math.min(n, high) - 1]] as [number, number];
  const change = slower ? 'worse' : faster ? 'better' : 'same';
  const said = `${nameOf(action, quantile)} is ${times(middle)} (${times(from)} to ${times(to)}) of what it was, over ${n} pairs of runs in turns`;
  const means = slower ? 'violated' : 'valid';
  return [
    { about: 'latency', claimed: true, change, means, said, ...(slower && culprit(pairs, action, quantile)) },
  ];
}

function culprit(
  pairs: readonly [Digest, Digest][],
  action: Action,
  quantile: number,
): { instance?: string } {
  const byInstance = (latencies: readonly Latency[]) =>
    byKey(latencies, of => (of.action === action ? of.instance : undefined));
  const before = byInstance(pairs.flatMap(([base]) => base.latency));
  const now = byInstance(pairs.flatMap(([, current]) => current.latency));
  const slower = [...now].filter(([instance, buckets]) => {
    const was = before.get(instance);
    return was === undefined || valueAt(buckets, quantile) > MARGIN * valueAt(was, quantile);
  });
  const [only] = slower;
  return slower.length === 1 && only !== undefined && now.size > 1 ? { instance: only[0] } : {};
}

/** Reports quantiles without a verdict, because their confidence intervals are right only for independent responses. */
function reportOnly(
  base: readonly Digest[],
  current: readonly Digest[],
  action: Action,
  reason: string,
): Difference[] {
  const together = (digests: readonly Digest[]): Buckets =>
    merged(digests.map(digest => seriesOf(digest).get(action) ?? new Map()));
  const [before, now] = [together(base), together(current)];
  if (Math.min(sizeOf(before), sizeOf(now)) < ENOUGH) return [];
  const apart = JUDGED.some(quantile => {
    const [was, is] = [intervalAt(before, quantile), intervalAt(now, quantile)];
    return is.low > MARGIN * was.high || was.low > MARGIN * is.high;
  });
  const parts = REPORTED.map(
    quantile => `${nameOf('', quantile)} ${shown(before, quantile)} → ${shown(now, quantile)}`,
  );
  const quantiles = `${action} ${parts.join(', ')}`;
  return [
    {
      about: 'latency',
      claimed: true,
      change: apart ? 'untold' : 'same',
      means: 'valid',
      said: apart ? `${quantiles}. Reported, not judged: ${reason}` : quantiles,
    },
  ];
}

const nameOf = (action: string, quantile: number): string => `${action} p${quantile * 100}`.trim();
const times = (ratio: number): string => `${Math.round(ratio * 100)} %`;
const milliseconds = (value: number): string =>
  value < 1e5 ? (value / 1000).toPrecision(3) : grouped(Math.round(value / 1000));

const valueAt = (buckets: Buckets, quantile: number): number =>
  atRank(buckets, Math.max(1, Math.ceil(quantile * sizeOf(buckets))));

function intervalAt(buckets: Buckets, quantile: number): { low: number; high: number } {
  const n = sizeOf(buckets);
  const { low, high } = quantileRanks(n, quantile);
  return { low: atRank(buckets, Math.max(1, low)), high: atRank(buckets, Math.min(n, high)) };
}

function shown(buckets: Buckets, quantile: number): string {
  const { low, high } = intervalAt(buckets, quantile);
  return `${milliseconds(valueAt(buckets, quantile))} ms (${milliseconds(low)}–${milliseconds(high)})`;
}

const median = (sorted: readonly number[]): number =>
  ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) /
  2;
