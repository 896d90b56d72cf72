/** Counts how many of the requests that overlap by the client's times also overlap by the balancer's log. */
import type { Operation, Served } from '../history/history.ts';
import type { Counts } from './check.ts';

/** Maximum number of pairs that are looked up in the log: enough to estimate a share. */
const MOST = 500;

export class LoggedOverlaps {
  /** The key is the ids of both requests, the smaller first, so that each pair is kept once. */
  readonly #pairs = new Map<string, readonly [Operation, Operation]>();
  /** The log entry of each operation. WeakMap: an entry is freed together with its operation. */
  readonly #entries = new WeakMap<Operation, Served>();

  /** Adds two requests that overlapped by the client's times. */
  add(one: Operation, other: Operation): void {
    if (this.#pairs.size >= MOST) return;
    const [first, second] = one.id < other.id ? [one, other] : [other, one];
    this.#pairs.set(`${first.id} ${second.id}`, [first, second]);
  }

  routed(operation: Operation, entry: Served): void {
    this.#entries.set(operation, entry);
  }

  /**
   * `logged`: the number of pairs whose two requests have times in the balancer's log. `met`: the number of these
   * pairs that overlap by those times.
   */
  counts(): Counts {
    let [logged, met] = [0, 0];
    for (const pair of this.#pairs.values()) {
      const [a, b] = pair.map(operation => this.#entries.get(operation));
      if (a?.began === undefined || a.ended === undefined) continue;
      if (b?.began === undefined || b.ended === undefined) continue;
      logged++;
      if (a.began <= b.ended && b.began <= a.ended) met++;
    }
    return { logged, met };
  }
}
