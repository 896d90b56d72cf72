/** Plans when each action begins if the load has a rate (`--rate`). */
import { setTimeout as sleep } from 'node:timers/promises';

/** The rate at the start and end of the load, actions per second. */
export interface Rate {
  from: number;
  to: number;
}

/** Maximum interval between two checks whether the load has ended, milliseconds. */
const SLICE = 200;
/** Tolerance for late timers, microseconds. An action counts as late if it begins after this tolerance. */
const TIMER = 5_000;

export class Arrivals {
  readonly #rate: Rate;
  readonly #length: number;
  readonly #now: () => number;
  readonly #over: () => boolean;
  readonly #wait: (milliseconds: number) => Promise<unknown>;
  #start: number | undefined;
  #taken = 0;

  /**
   * @param length time in which the rate changes, microseconds
   * @param now the run's clock, microseconds
   * @param over returns true when the load has ended
   * @param wait waits for a number of milliseconds
   */
  constructor(
    rate: Rate,
    length: number,
    now: () => number,
    over: () => boolean,
    wait: (milliseconds: number) => Promise<unknown> = sleep,
  ) {
    this.#wait = wait;
    this.#rate = rate;
    this.#length = length;
    this.#now = now;
    this.#over = over;
  }

  /** Starts the plan. Later calls do nothing. */
  start(): void {
    this.#start ??= this.#now();
  }

  /**
   * Waits until the planned start of the next action, and returns this time on the run's clock. Returns undefined if
   * the load has ended. Does not wait if the time has passed.
   */
  async take(): Promise<number | undefined> {
    while (this.#start === undefined && !this.#over()) await this.#wait(SLICE / 10);
    if (this.#start === undefined) return undefined;
    const due = this.#start + timeOf(this.#rate, this.#length, this.#taken++);
    if (due <= this.#now()) return due;
    for (let left = 1; left > 0; ) {
      if (this.#over()) return undefined;
      left = (due - this.#now()) / 1000;
      if (left > 0) await this.#wait(Math.min(left, SLICE));
    }
    const now = this.#now();
    return now - due <= TIMER ? now : due;
  }
}

/**
 * Returns the planned start of action `n` (from 0), microseconds after the start of the plan.
 *
 * @param length time in which the rate changes, microseconds
 */
export function timeOf({ from, to }: Rate, length: number, n: number): number {
  const seconds = length / 1e6;
  const changing = ((from + to) / 2) * seconds;
  if (n >= changing) return (seconds + (n - changing) / to) * 1e6;
  if (from === to) return (n / from) * 1e6;
  // Solves n = from·t + (to − from)·t² / (2·seconds) for t.
  const growth = (to - from) / seconds;
  return ((Math.sqrt(from * from + 2 * growth * n) - from) / growth) * 1e6;
}
