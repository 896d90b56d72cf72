/**
 * Compares two sources. Of the pairs of requests that overlap by the client's times, it counts how many also
 * overlap by the times in the balancer's log.
 */
import type { Operation, Served } from '../history/history.ts';
import type { Counts } from './check.ts';

/** Maximum number of pairs that are compared. So many are enough to estimate the share. */
const MOST = 500;

export class LoggedOverlaps {
  /** The key has the ids of both requests, the smaller id first. So each pair is kept only once. */
  readonly #pairs = new Map<string, readonly [Operation, Operation]>();
  /** By operation: its entry in the balancer's log. A WeakMap frees an entry together with its operation. */
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
   * `logged`: number of pairs for which the balancer's log has the times of both requests. `met`: how many of
   * these pairs also overlap by the times in the log.
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
