/**
 *
 * Finds the offset at which the response to a racing request changes: before it this request came first, after it the
 * other one. A race is lost around there, if anywhere, so half of the tries are drawn close to it.
 */
import type { Random } from './random.ts';

/** Width of the range around the edge, as a part of the whole span. */
const AROUND = 1 / 16;

export class Edge {
  #lastBefore = Number.NEGATIVE_INFINITY;
  #firstAfter = Number.POSITIVE_INFINITY;

  /**
   * @param offset of the request against the other one, milliseconds; @param after whether its response was the later
   *   one
   */
  saw(offset: number, after: boolean): void {
    if (after) this.#firstAfter = Math.min(this.#firstAfter, offset);
    else this.#lastBefore = Math.max(this.#lastBefore, offset);
  }

  /**
   *
   * Draws an offset. It always draws two random numbers, whatever was seen.
   *
   * @param span from the earliest offset to the latest, milliseconds
   * @returns an offset in the span
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
