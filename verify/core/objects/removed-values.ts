/** Remembers the removed values of one set, list or bag, to notice if a removed value comes back. */
import type { Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { acknowledged, type Overlaps } from './overlaps.ts';
import type { Value } from './value.ts';

export class RemovedValues extends Map<string, Value> {
  readonly #most: () => number;
  readonly #overlaps: Overlaps;
  /** True if a removed value was forgotten to save memory. A read of this value seems to show an unknown value. */
  hasForgotten = false;
  #forgotten: Operation | undefined;

  constructor(most: () => number, overlaps: Overlaps) {
    super();
    this.#most = most;
    this.#overlaps = overlaps;
  }

  /** Adds a removed value, and forgets the oldest values beyond the maximum. */
  add(known: Value): void {
    known.present = false;
    this.set(known.value, known);
    const most = this.#most();
    for (const [oldest, { removing }] of this) {
      if (this.size <= most) return;
      this.hasForgotten = true;
      this.#forgotten = removing.find(acknowledged)?.end ?? this.#forgotten;
      this.delete(oldest);
      this.#overlaps.forget(oldest);
    }
  }

  override delete(value: string): boolean {
    const known = this.get(value);
    if (known !== undefined) known.forgotten = true;
    return super.delete(value);
  }

  /** Returns whether all forgotten values were removed before the read was sent. */
  knowsAll(read: Operation): boolean {
    return this.#forgotten === undefined || precedes(this.#forgotten, read);
  }
}
