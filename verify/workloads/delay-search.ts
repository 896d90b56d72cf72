/**
 * Searches for the delay between two concurrent requests at which their order changes. Errors of an app are most likely
 * near this delay.
 */
import type { Random } from '../random.ts';

/** Half of the random delays differ from the searched delay by at most this share of the span. */
const AROUND = 1 / 16;

export class DelaySearch {
  #lastBefore = Number.NEGATIVE_INFINITY;
  #firstAfter = Number.POSITIVE_INFINITY;

  /**
   * Records which of two requests took effect first: the delayed request, or the request without delay.
   *
   * @param offset delay of the delayed request, milliseconds
   * @param after true if the request without delay took effect first
   */
  saw(offset: number, after: boolean): void {
    if (after) this.#firstAfter = Math.min(this.#firstAfter, offset);
    else this.#lastBefore = Math.max(this.#lastBefore, offset);
  }

  /**
   * Returns a random delay within the span. Always draws two random numbers, so that later choices do not depend on
   * results.
   *
   * @param span shortest and longest delay, milliseconds; a negative delay means that the delayed request is sent first
   */
  draw(random: Random, [least, most]: readonly [number, number]): number {
    const [where, at] = [random.next(), random.next()];
    const [one, other] = [this.#lastBefore, this.#firstAfter];
    const around = (most - least) * AROUND;
    const near = Number.isFinite(one) && Number.isFinite(other) && where < 0.5;
    const low = near ? Math.max(least, Math.min(one, other) - around) : least;
    const high = near ? Math.min(most, Math.max(one, other) + around) : most;
    return low + at * Math.max(0, high - low);
  }
}
