/** Counts responses by ordered pair of instances, and finds the pairs that differ by more than chance. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { fisherP } from '../result/statistics.ts';
import type { WitnessStep } from '../result/verdict.ts';
import type { Tally } from './check.ts';
import { tally, type Violation } from './framework.ts';

/** The p-value below which a difference is significant. It is divided by the number of tests. */
const SIGNIFICANT = 1e-6;
/** Minimum share of one kind of refusal on a pair, and how many times rarer it must be on another pair. */
const OFTEN = 0.1;
const RARER = 4;

/** Number of requests by the first instance of a pair, then by the second. */
export type PairRequests = Record<string, Tally>;

interface Difference {
  times: number;
  example: WitnessStep[];
}

/** A pair of instances: the first served the login, write or page, the second serves the request. */
export class Pair {
  /** Number of requests on the pair. */
  requests = 0;
  /** Number of these requests that succeeded. */
  successes = 0;
  /** By kind of response: `signed out`, or a status. */
  readonly kinds = new Map<string, Difference>();

  /** Adds a refusal of a session that a later response honoured. */
  differs(kind: string, before: Operation | undefined, operation: Operation, after: Operation): void {
    const known = this.kinds.get(kind);
    if (known !== undefined) {
      known.times++;
      return;
    }
    const scene = before === undefined ? [] : [{ operation: before, came: 'success' }];
    this.kinds.set(kind, {
      times: 1,
      example: [
        ...scene,
        { operation, expected: 'the response of the other instances', came: kind },
        { operation: after, came: 'success: the session lives' },
      ],
    });
  }
}

export class PairTable {
  readonly title: string;
  readonly rows = new Map<string, Map<string, Pair>>();

  constructor(title: string) {
    this.title = title;
  }

  of(from: string, to: string): Pair {
    const row = getOrInsert(this.rows, from, () => new Map<string, Pair>());
    return getOrInsert(row, to, () => new Pair());
  }

  *all(): Iterable<Row> {
    for (const [from, row] of this.rows) for (const [to, pair] of row) yield { from, to, pair };
  }

  /** True if an instance honoured a session from another instance. If none ever did, continuity reports it. */
  get shared(): boolean {
    for (const { from, to, pair } of this.all()) if (from !== to && pair.successes > 0) return true;
    return false;
  }

  /** Returns the number of requests on each pair. @param of the pairs to return; all by default */
  requests(of?: PairRequests): PairRequests {
    const requests: PairRequests = Object.create(null);
    for (const { from, to, pair } of this.all()) {
      if (of !== undefined && of[from]?.[to] === undefined) continue;
      requests[from] ??= tally();
      requests[from][to] = pair.requests;
    }
    return requests;
  }
}

/**
 * Returns the first ordered pair of two instances, by name, that has fewer than `least` requests: undefined if all
 * have enough, and `one instance` if there are no two instances.
 */
export function fewestOn(
  pairs: PairRequests,
  least: number,
): { from: string; to: string; requests: number } | 'one instance' | undefined {
  const names = new Set([...Object.keys(pairs), ...Object.values(pairs).flatMap(Object.keys)]);
  const instances = [...names].sort();
  if (instances.length < 2) return 'one instance';
  for (const from of instances) {
    for (const to of instances) {
      const requests = pairs[from]?.[to] ?? 0;
      if (from !== to && requests < least) return { from, to, requests };
    }
  }
  return undefined;
}

/** If every other instance responds "signed out", continuity reports LOSS, and no instance differs from the others. */
const SIGNED_OUT = 'signed out';

interface Row {
  from: string;
  to: string;
  pair: Pair;
}

/**
 * For each kind of response, compares every pair with the pair on which that kind is most certainly rare. The time
 * grows linearly with the number of pairs.
 *
 * @returns one violation for each kind of response that some pairs give and others do not
 */
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

/** @returns the pair with the lowest upper bound of its rate: (times + 3) / requests, after the rule of three */
function rarestOf(rows: readonly Row[], times: (pair: Pair) => number): Pair | undefined {
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
  differ: readonly Row[],
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
