/**
 * Finds the delay at which the order of two concurrent requests changes: with a shorter delay the delayed request
 * takes effect first, with a longer one the other request. Races are found close to this delay, so half of the random
 * delays are close to it.
 */
import type { Random } from '../random.ts';

/** Random delays that are close differ from the found delay by at most this fraction of the whole span. */
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
   * Returns a random delay. Always takes two random numbers, so that results do not change the random numbers after
   * it.
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
