/** Puts the times of several clocks on one, and says what comes before what. */
import type { Clock } from './history.ts';

/** The times of an operation, with the uncertainty of its clock against the others, microseconds; absent: exact. */
export interface Placed {
  clock: string;
  call: number;
  return?: number;
  uncertainty?: number;
}

export class Clocks {
  #first: { base: number; uncertainty: number } | undefined;
  /** Clocks that are not the first: what to add to their times, and how far off they may be. */
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

  /** Moves a time of an operation to the first clock. With one clock, as in most histories, nothing is done. */
  place(operation: Placed, time: 'call' | 'return'): void {
    if (this.#others.size === 0) return;
    const other = this.#others.get(operation.clock);
    operation.uncertainty = other?.uncertainty ?? this.#first?.uncertainty ?? 0;
    const at = operation[time];
    if (other !== undefined && at !== undefined) operation[time] = at + other.offset;
  }
}

/** Whether `a` had certainly returned before `b` was called. Intervals are closed: what touches is concurrent. */
export function precedes(a: Placed, b: Placed): boolean {
  if (a.return === undefined) return false;
  if (a.clock === b.clock) return a.return < b.call;
  return a.return + (a.uncertainty ?? 0) < b.call - (b.uncertainty ?? 0);
}
