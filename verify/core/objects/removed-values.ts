/** Remembers the removed values of one set, list or bag, to notice if a removed value comes back. */
import type { Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { acknowledged, type Overlaps } from './overlaps.ts';
import type { Value } from './value.ts';

export class RemovedValues {
  readonly #values = new Map<string, Value>();
  readonly #most: () => number;
  readonly #overlaps: Overlaps;
  /** True if a removed value was forgotten to save memory. A read of this value seems to show an unknown value. */
  hasForgotten = false;
  #forgotten: Operation | undefined;

  constructor(most: () => number, overlaps: Overlaps) {
    this.#most = most;
    this.#overlaps = overlaps;
  }

  get(value: string): Value | undefined {
    return this.#values.get(value);
  }

  values(): Iterable<Value> {
    return this.#values.values();
  }

  /** Adds a removed value, and forgets the oldest values beyond the maximum. */
  add(known: Value): void {
    known.present = false;
    this.#values.set(known.value, known);
    const most = this.#most();
    for (const [oldest, { removing }] of this.#values) {
      if (this.#values.size <= most) return;
      this.hasForgotten = true;
      this.#forgotten = removing.find(acknowledged)?.end ?? this.#forgotten;
      this.delete(oldest);
      this.#overlaps.forget(oldest);
    }
  }

  delete(value: string): void {
    const known = this.#values.get(value);
    if (known === undefined) return;
    known.forgotten = true;
    this.#values.delete(value);
  }

  /** Returns whether all forgotten values were removed before the read was sent. */
  knowsAll(read: Operation): boolean {
    return this.#forgotten === undefined || precedes(this.#forgotten, read);
  }
}
