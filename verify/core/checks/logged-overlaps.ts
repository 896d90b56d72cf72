/**
 * Counts pairs of requests that overlap by the client's times, and how many of them also overlap by the times in the
 * balancer's log.
 */
import type { Operation, Served } from '../history/history.ts';
import type { Counts } from './check.ts';

/** Maximum number of pairs that are kept. This is enough to estimate the share that overlaps in the log. */
const MOST = 500;

export class LoggedOverlaps {
  readonly #pairs = new Map<string, readonly [Operation, Operation]>();
  /** A WeakMap, so that the memory of a log entry is freed together with its operation. */
  readonly #entries = new WeakMap<Operation, Served>();

  add(one: Operation, other: Operation): void {
    if (this.#pairs.size >= MOST) return;
    const [first, second] = one.id < other.id ? [one, other] : [other, one];
    this.#pairs.set(`${first.id} ${second.id}`, [first, second]);
  }

  routed(operation: Operation, entry: Served): void {
    this.#entries.set(operation, entry);
  }

  /**
   * Returns two counts. `logged`: pairs for which the balancer's log has the times of both requests. `met`: pairs that
   * also overlap by the times in the log.
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
