/** Finds the pairs of instances that respond differently from other pairs, more often than by chance. */
import { fisherP } from '../result/statistics.ts';
import type { Violation } from './framework.ts';
import type { Pair, PairOf, PairTable } from './pairs.ts';

/** The p-value below which a difference is significant, divided by the number of tests. */
const SIGNIFICANT = 1e-6;
/** Minimum share of a pair's requests that get one kind of refusal. */
const OFTEN = 0.1;
/** Factor by which this kind of refusal must be rarer on another pair. */
const RARER = 4;

/** If every other instance responds "signed out", continuity reports LOSS, and no instance differs from the others. */
const SIGNED_OUT = 'signed out';

/** Compares every pair with the pair on which a kind of response is rarest, for each kind. Takes linear time. */
export function differences(table: PairTable): Violation[] {
  const pairs = [...table.all()];
  const kinds = new Set(pairs.flatMap(({ pair }) => [...pair.kinds.keys()]));
  const tests = pairs.length * pairs.length * kinds.size;
  return [...kinds].flatMap(kind => {
    const times = (pair: Pair): number => Math.min(pair.requests, pair.kinds.get(kind)?.times ?? 0);
    const rate = (pair: Pair): number => (pair.requests === 0 ? 0 : times(pair) / pair.requests);
    // An instance always knows its own sessions, so "signed out" is compared only between different instances.
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
