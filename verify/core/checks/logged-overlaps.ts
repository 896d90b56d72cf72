/** Counts the pairs of requests that overlap by the client's times, and how many overlap by the balancer's log, too. */
import type { Operation, Served } from '../history/history.ts';
import type { Counts } from './check.ts';

const MOST = 500;

export class LoggedOverlaps {
  readonly #pairs = new Map<string, readonly [Operation, Operation]>();
  /** A WeakMap frees a log entry together with its operation. */
  readonly #entries = new WeakMap<Operation, Served>();

  add(one: Operation, other: Operation): void {
    if (this.#pairs.size >= MOST) return;
    const [first, second] = one.id < other.id ? [one, other] : [other, one];
    this.#pairs.set(`${first.id} ${second.id}`, [first, second]);
  }

  routed(operation: Operation, entry: Served): void {
    this.#entries.set(operation, entry);
  }

  /** `logged`: pairs of requests with times in the balancer's log; `met`: pairs that also overlap by these times. */
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
