/** Answers by ordered pair of instances, and where they differ by more than chance. */
import type { Counts } from '../check.ts';
import type { Operation } from '../history.ts';
import { fisherP } from '../statistics.ts';
import type { Anomaly, WitnessStep } from '../verdict.ts';

/** Chance at which a difference is called one, over all tests of the run together. */
const SIGNIFICANT = 1e-6;
/** And only when a pair answers so at least this often, and another at most a quarter as often. */
const OFTEN = 0.1;
const RARER = 4;
/** Names of the counts begin with this. */
const ASKED = 'asked ';
const ARROW = ' → ';

interface Difference {
  times: number;
  example: WitnessStep[];
}

/** One instance that logged in, wrote or gave a page, and one that serves. */
export class Pair {
  asked = 0;
  /** Of these, answered as they should be. */
  right = 0;
  readonly kinds = new Map<string, Difference>();

  /** The same session was answered otherwise afterwards, elsewhere. */
  differs(kind: string, before: Operation | undefined, operation: Operation, after: Operation): void {
    const known = this.kinds.get(kind);
    if (known !== undefined) {
      known.times++;
      return;
    }
    const scene = before === undefined ? [] : [{ operation: before, came: 'answered' }];
    this.kinds.set(kind, {
      times: 1,
      example: [
        ...scene,
        { operation, expected: 'the answer of the other instances', came: kind },
        { operation: after, came: 'answered: the session lives' },
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
    let row = this.rows.get(from);
    if (row === undefined) {
      row = new Map();
      this.rows.set(from, row);
    }
    let pair = row.get(to);
    if (pair === undefined) {
      pair = new Pair();
      row.set(to, pair);
    }
    return pair;
  }

  *all(): Iterable<Row> {
    for (const [from, row] of this.rows) for (const [to, pair] of row) yield { from, to, pair };
  }

  /** Whether an instance ever answers a session of another one right: else the sessions are lost there. */
  get shared(): boolean {
    for (const { from, to, pair } of this.all()) if (from !== to && pair.right > 0) return true;
    return false;
  }

  counts(): Counts {
    const counts: Record<string, number> = {};
    for (const { from, to, pair } of this.all()) counts[`${ASKED}${from}${ARROW}${to}`] = pair.asked;
    return counts;
  }
}

/** @returns the pairs that the counts tell of, by name */
export function pairsOf(counts: Counts): { from: string; to: string; asked: number }[] {
  return Object.entries(counts)
    .filter(([name]) => name.startsWith(ASKED))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, asked]) => {
      const [from = '', to = ''] = name.slice(ASKED.length).split(ARROW);
      return { from, to, asked };
    });
}

/** A session that is signed out wherever it is not known is LOSS, and no instance is the odd one. */
const SIGNED_OUT = 'signed out';

interface Row {
  from: string;
  to: string;
  pair: Pair;
}

/**
 * Compares every pair with the one that most surely answers otherwise: in time linear in the pairs.
 *
 * @returns one anomaly for each kind of answer that some pairs give, and others do not
 */
export function differences(table: PairTable): Anomaly[] {
  const pairs = [...table.all()];
  const kinds = new Set(pairs.flatMap(({ pair }) => [...pair.kinds.keys()]));
  const tests = pairs.length * pairs.length * kinds.size;
  return [...kinds].flatMap(kind => {
    const times = (pair: Pair): number => Math.min(pair.asked, pair.kinds.get(kind)?.times ?? 0);
    const rate = (pair: Pair): number => (pair.asked === 0 ? 0 : times(pair) / pair.asked);
    // Its own sessions an instance always knows: only pairs of different instances are alike in that.
    const rows = kind === SIGNED_OUT ? pairs.filter(({ from, to }) => from !== to) : pairs;
    const rarest = rarestOf(rows, times);
    if (rarest === undefined) return [];
    const differ = rows.filter(({ pair }) => {
      if (rate(pair) < OFTEN || rate(pair) < RARER * rate(rarest)) return false;
      return fisherP(times(pair), pair.asked, times(rarest), rarest.asked) < SIGNIFICANT / tests;
    });
    const [worst] = differ.sort((a, b) => rate(b.pair) - rate(a.pair));
    return worst === undefined ? [] : [skew(table, kind, worst.pair, differ, times)];
  });
}

/** @returns the pair whose rate is the lowest at the worst: by the rule of three, at most (times + 3) of all asked */
function rarestOf(rows: readonly Row[], times: (pair: Pair) => number): Pair | undefined {
  let rarest: Pair | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const { pair } of rows) {
    const most = (times(pair) + 3) / pair.asked;
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
): Anomaly {
  const { example = [] } = worst.kinds.get(kind) ?? {};
  const [first] = differ;
  const of = example[0]?.operation;
  return {
    name: 'SKEW',
    guarantee: 'instances-agree',
    ...(of === undefined ? {} : { session: of.session, user: of.user }),
    summary: `${first?.to} answers ${kind} (${title} ${first?.from}), where other pairs of instances do not`,
    witness: example,
    notes: differ.map(
      ({ from, to, pair }) => `${title} ${from}, then ${to}: ${kind} ${times(pair)} of ${pair.asked} times`,
    ),
  };
}
