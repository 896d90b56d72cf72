/** Finds pairs of instances that give one kind of response more often than other pairs, and not by chance. */
import { fisherP } from '../result/statistics.ts';
import type { Violation } from './framework.ts';
import type { Pair, PairOf, PairTable } from './pairs.ts';

/** Below this p-value, divided by the number of tests, a difference is significant. */
const SIGNIFICANT = 1e-6;
/** Minimum share of a pair's requests that get the same kind of refusal. */
const OFTEN = 0.1;
/** The pair must refuse at this many times the rate of the pair that refuses least. */
const RARER = 4;

/** Compared only between different instances. If only the session's own instance knows it, continuity reports LOSS. */
const SIGNED_OUT = 'signed out';

/** Compares each pair with the pair that refuses least, for each kind of refusal. Takes linear time. */
export function differences(table: PairTable): Violation[] {
  const pairs = [...table.all()];
  const kinds = new Set(pairs.flatMap(({ pair }) => [...pair.kinds.keys()]));
  const tests = pairs.length * pairs.length * kinds.size;
  return [...kinds].flatMap(kind => {
    const times = (pair: Pair): number => Math.min(pair.requests, pair.kinds.get(kind)?.times ?? 0);
    const rate = (pair: Pair): number => (pair.requests === 0 ? 0 : times(pair) / pair.requests);
    const rows = kind === SIGNED_OUT ? pairs.filter(({ from, to }) => from !== to) : pairs;
    const rarest = rarestOf(rows, times);
    if (rarest === undefined) return [];
    const differ = rows.filter(({ pair }) => {
      if (rate(pair) < OFTEN || rate(pair) < RARER * rate(rarest)) return false;
      return fisherP(times(pair), pair.requests, times(rarest), rarest.requests) < SIGNIFICANT / tests;
    });
    const [worst] = differ.sort((a, b) => rate(b.pair) - rate(a.pair));
    return worst === undefined ? [] : [skew(table, kind, worst.pair, differ, times)];
  });
}

/** @returns the pair with the lowest upper bound of its rate: (times + 3) / requests, by the rule of three */
function rarestOf(rows: readonly PairOf[], times: (pair: Pair) => number): Pair | undefined {
  let rarest: Pair | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const { pair } of rows) {
    const most = (times(pair) + 3) / pair.requests;
    if (most >= lowest) continue;
    lowest = most;
    rarest = pair;
  }
  return rarest;
}

function skew(
  { title }: PairTable,
  kind: string,
  worst: Pair,
  differ: readonly PairOf[],
  times: (pair: Pair) => number,
): Violation {
  const { example = [] } = worst.kinds.get(kind) ?? {};
  const [first] = differ;
  return {
    at: example[0]?.operation,
    summary: `${first?.to} responds ${kind} (${title} ${first?.from}), and other pairs of instances do not`,
    witness: example,
    notes: differ.map(
      ({ from, to, pair }) =>
        `${title} ${from}, then ${to}: ${kind} ${times(pair)} of ${pair.requests} times`,
    ),
  };
}
