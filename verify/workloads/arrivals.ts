/**
 * Plans when requests begin if the load has a rate. The rate is constant, or changes evenly from one rate to another.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** Actions per second at the start and at the end of the load. */
export interface Rate {
  from: number;
  to: number;
}

/** Maximum wait between two checks of `over`, milliseconds. */
const SLICE = 200;
/**
 * Accepted delay of a timer, microseconds, because timers have whole milliseconds. Within this delay, the time at
 * which the timer fires becomes the planned time of the action. After a longer delay, the original planned time
 * counts.
 */
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
   * @param length time in which the rate goes from `from` to `to`, microseconds. Afterwards the rate stays at `to`
   * @param now the run's clock, microseconds
   * @param over returns whether no action may begin
   * @param wait waits for a number of milliseconds; by default with a timer
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
   * Waits for the next planned time. If all sessions were busy at the planned time, it has passed, and this method
   * does not wait.
   *
   * @returns the planned begin of the action, on the run's clock; undefined if the load is over
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
 * Returns the planned time of the n-th action, from 0, in microseconds after the start.
 *
 * @param length time in which the rate changes, microseconds
 */
export function timeOf({ from, to }: Rate, length: number, n: number): number {
  const seconds = length / 1e6;
  const changing = ((from + to) / 2) * seconds;
  if (n >= changing) return (seconds + (n - changing) / to) * 1e6;
  if (from === to) return (n / from) * 1e6;
  // n = from·t + (to − from)·t² / (2·seconds), solved for t.
  const growth = (to - from) / seconds;
  return ((Math.sqrt(from * from + 2 * growth * n) - from) / growth) * 1e6;
}
