/** Counts responses by pair: the instance of the session's last login, write or page, then the responding instance. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import type { Step } from '../result/verdict.ts';
import type { NamedCounts } from './check.ts';
import { tally } from './framework.ts';

export type PairRequests = Record<string, NamedCounts>;

export class Pair {
  requests = 0;
  successes = 0;
  /** Key: `signed out`, or a status such as `403`, perhaps with a remark; value: how often the pair refused in this way. */
  readonly kinds = new Map<string, { times: number; example: readonly Step[] }>();

  differs(kind: string, before: Operation | undefined, operation: Operation, after: Operation): void {
    const example: Step[] = [
      [before, 'success'],
      [operation, kind, 'the response of the other instances'],
      [after, 'success: the session lives'],
    ];
    getOrInsert(this.kinds, kind, () => ({ times: 0, example })).times++;
  }
}

export interface PairOf {
  from: string;
  to: string;
  pair: Pair;
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

  *all(): Iterable<PairOf> {
    for (const [from, row] of this.rows) for (const [to, pair] of row) yield { from, to, pair };
  }

  get shared(): boolean {
    return [...this.all()].some(({ from, to, pair }) => from !== to && pair.successes > 0);
  }

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

/** Returns a pair of different instances with fewer than `least` requests, if there is one. */
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
