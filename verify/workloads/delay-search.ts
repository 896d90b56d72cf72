/**
 * Searches the delay between two concurrent requests at which their order changes: with a shorter delay, the delayed
 * request still takes effect first. Errors in an app are found near this delay, so half of the random delays are near
 * it.
 */
import type { Random } from '../random.ts';

/** Maximum difference of a near delay from the found one, as a fraction of the span. */
const AROUND = 1 / 16;

export class DelaySearch {
  #lastBefore = Number.NEGATIVE_INFINITY;
  #firstAfter = Number.POSITIVE_INFINITY;

  /**
   * Records a result.
   *
   * @param offset delay of the delayed request after the other request, milliseconds
   * @param after true if the other request took effect first
   */
  saw(offset: number, after: boolean): void {
    if (after) this.#firstAfter = Math.min(this.#firstAfter, offset);
    else this.#lastBefore = Math.max(this.#lastBefore, offset);
  }

  /**
   * Returns a random delay. Always takes two random numbers, so that results do not change the random numbers after it.
   *
   * @param span the shortest and the longest delay, milliseconds; negative if the other request is sent later
   * @returns a delay within the span
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
