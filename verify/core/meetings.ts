/** Whether requests that overlapped by our own times did so where it matters: by the log of the balancer. */
import type { Counts } from './check.ts';
import type { Operation, Served } from './history.ts';

/** Pairs that are looked for in the log: enough to tell a share. */
const MOST = 500;
/** Lines of the log that are remembered: it tells of a request long before, or long after, it is known to have raced. */
const REMEMBERED = 4_000;

type Span = readonly [began: number, ended: number];

export class Meetings {
  /** By both names, so that each is there once. */
  readonly #pairs = new Map<string, readonly [string, string]>();
  /** Of requests that raced, as far as the log has told of them. */
  readonly #raced = new Map<string, Span | undefined>();
  /** What the log told last, by request. */
  readonly #told = new Map<string, Span>();

  /** Two requests overlapped by our times. */
  add(one: Operation, other: Operation): void {
    if (this.#pairs.size >= MOST) return;
    const [first, second] = one.id < other.id ? [one, other] : [other, one];
    this.#pairs.set(`${first.request} ${second.request}`, [first.request, second.request]);
    for (const { request } of [first, second])
      if (!this.#raced.has(request)) this.#raced.set(request, this.#told.get(request));
  }

  served({ request, began, ended }: Served): void {
    if (began === undefined || ended === undefined) return;
    const span = [began, ended] as const;
    if (this.#raced.has(request)) this.#raced.set(request, span);
    this.#told.set(request, span);
    const [oldest] = this.#told.keys();
    if (this.#told.size > REMEMBERED && oldest !== undefined) this.#told.delete(oldest);
  }

  /** @returns `logged`: pairs of which the log tells when the instances had them; `met`: those that overlap there */
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
