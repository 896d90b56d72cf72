/** Converts times of several clocks to the first clock, and decides which of two operations came first. */
import type { Clock } from '../history/history.ts';

/** Times in microseconds. `uncertainty`: their maximum error; absent if they are exact. */
export interface Placed {
  clock: string;
  call: number;
  return?: number;
  uncertainty?: number;
}

export class Clocks {
  #first: { base: number; uncertainty: number } | undefined;
  readonly #others = new Map<string, { offset: number; uncertainty: number }>();

  add(clock: Clock): void {
    const base = Date.parse(clock.base) * 1000;
    if (this.#first === undefined) {
      this.#first = { base, uncertainty: clock.uncertainty };
      return;
    }
    const offset = Number.isNaN(base - this.#first.base) ? 0 : base - this.#first.base;
    this.#others.set(clock.clock, { offset, uncertainty: clock.uncertainty + this.#first.uncertainty });
  }

  place(operation: Placed, time: 'call' | 'return'): void {
    if (this.#others.size === 0) return;
    const other = this.#others.get(operation.clock);
    operation.uncertainty = other?.uncertainty ?? this.#first?.uncertainty ?? 0;
    const at = operation[time];
    if (other !== undefined && at !== undefined) operation[time] = at + other.offset;
  }
}

/** Returns whether the response to `a` certainly came before `b` was sent. Equal times count as concurrent. */
export function precedes(a: Placed, b: Placed): boolean {
  if (a.return === undefined) return false;
  if (a.clock === b.clock) return a.return < b.call;
  return a.return + (a.uncertainty ?? 0) < b.call - (b.uncertainty ?? 0);
}
