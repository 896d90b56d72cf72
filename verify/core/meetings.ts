/** Whether requests that overlapped by our own times did so where it matters: by the log of the balancer. */
import type { Counts } from './check.ts';
import type { Operation, Served } from './history.ts';

/** Pairs that are looked for in the log: enough to tell a share. */
const MOST = 500;

type Span = readonly [began: number, ended: number];

export class Meetings {
  /** By both names, so that each is there once. */
  readonly #pairs = new Map<string, readonly [string, string]>();
  /** By request; undefined until the log has told of it. */
  readonly #spans = new Map<string, Span | undefined>();

  /** Two requests overlapped by our times. */
  add(one: Operation, other: Operation): void {
    if (this.#pairs.size >= MOST) return;
    const [first, second] = one.id < other.id ? [one, other] : [other, one];
    this.#pairs.set(`${first.request} ${second.request}`, [first.request, second.request]);
    for (const { request } of [first, second])
      if (!this.#spans.has(request)) this.#spans.set(request, undefined);
  }

  served({ request, began, ended }: Served): void {
    if (began !== undefined && ended !== undefined && this.#spans.has(request))
      this.#spans.set(request, [began, ended]);
  }

  /** @returns `logged`: pairs of which the log tells when the instances had them; `met`: those that overlap there */
  counts(): Counts {
    let [logged, met] = [0, 0];
    for (const [one, other] of this.#pairs.values()) {
      const [a, b] = [this.#spans.get(one), this.#spans.get(other)];
      if (a === undefined || b === undefined) continue;
      logged++;
      if (a[0] <= b[1] && b[0] <= a[1]) met++;
    }
    return { logged, met };
  }
}
