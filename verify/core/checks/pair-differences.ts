/** Finds pairs of instances that refuse sessions in one way, such as 403, more often than the best pair. */
import { fisherP } from '../result/statistics.ts';
import type { Violation } from './framework.ts';
import type { Pair, PairOf, PairTable } from './pairs.ts';

/** p-value below which a difference between pairs is a violation, before division by the number of tests. */
const SIGNIFICANT = 1e-6;
const OFTEN = 0.1;
/** Minimum ratio of a pair's share of refused requests to the lowest share of all pairs. */
const RARER = 4;

/** A kind of refusal that is compared only between different instances. */
const SIGNED_OUT = 'signed out';

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
    return worst === undefined ? [] : [skew(table, kind, worst.pair, differ, rows, times)];
  });
}

/** Returns the pair with the lowest rate of refusals, by the upper bound (times + 3) / requests (rule of three). */
function rarestOf(rows: readonly PairOf[], times: (pair: Pair) => number): Pair | undefined {
  const most = (pair: Pair): number => (times(pair) + 3) / pair.requests;
  return rows.map(({ pair }) => pair).sort((a, b) => most(a) - most(b))[0];
}

function skew(
  { title }: PairTable,
  kind: string,
  worst: Pair,
  differ: readonly PairOf[],
  rows: readonly PairOf[],
  times: (pair: Pair) => number,
): Violation {
  const { example = [] } = worst.kinds.get(kind) ?? {};
  const { from, to } = differ[0] as PairOf;
  const atOne =
    differ.every(row => row.to === to) && rows.every(row => row.to !== to || differ.includes(row));
  const [wrote, others] =
    differ.length > 1 && atOne
      ? ['any instance', 'other instances']
      : [from, differ.length > 1 ? 'most pairs of instances' : 'other pairs of instances'];
  return {
    summary: `${to} responds ${kind} to sessions that ${title} ${wrote}; ${others} do not`,
    witness: example,
    notes: differ.map(
      ({ from, to, pair }) =>
        `${title} ${from}, then ${to}: ${kind} ${times(pair)} of ${pair.requests} times`,
    ),
  };
}
