/**
 * Counts the pairs of requests that overlap by the client's times, and those that overlap by the balancer's log too.
 */

import type { Operation, Served } from '../history/history.ts';
import type { Counts } from './check.ts';

/** Maximum number of pairs that are looked up in the log: enough to estimate a share. */
const MOST = 500;
/**
 * Number of log lines that are kept. The log line of a request may come long before or after it is known that the
 * request raced.
 */
const REMEMBERED = 4_000;

type Span = readonly [began: number, ended: number];

export class LoggedOverlaps {
  /** Pairs of request ids; the key is made of both ids, so that each pair is stored once. */
  readonly #pairs = new Map<string, readonly [string, string]>();
  /** Requests that raced, with their times in the log; undefined while their log line has not come. */
  readonly #raced = new Map<string, Span | undefined>();
  /** The last log entries, by request. */
  readonly #logged = new Map<string, Span>();

  /** Adds two requests that overlapped by the client's times. */
  add(one: Operation, other: Operation): void {
    if (this.#pairs.size >= MOST) return;
    const [first, second] = one.id < other.id ? [one, other] : [other, one];
    this.#pairs.set(`${first.request} ${second.request}`, [first.request, second.request]);
    for (const { request } of [first, second])
      if (!this.#raced.has(request)) this.#raced.set(request, this.#logged.get(request));
  }

  served({ request, began, ended }: Served): void {
    if (began === undefined || ended === undefined) return;
    const span = [began, ended] as const;
    if (this.#raced.has(request)) this.#raced.set(request, span);
    this.#logged.set(request, span);
    const [oldest] = this.#logged.keys();
    if (this.#logged.size > REMEMBERED && oldest !== undefined) this.#logged.delete(oldest);
  }

  /**
   * Returns two counts of pairs. `logged`: pairs with times in the log for both requests. `met`: the part of them that
   * overlaps by these times.
   */
  counts(): Counts {
    let [logged, met] = [0, 0];
    for (const [one, other] of this.#pairs.values()) {
      const [a, b] = [this.#raced.get(one), this.#raced.get(other)];
      if (a === undefined || b === undefined) continue;
      logged++;
      if (a[0] <= b[1] && b[0] <= a[1]) met++;
    }
    return { logged, met };
  }
}
