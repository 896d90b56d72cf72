/**
 * Finds the edge: the offset at which the response to a racing request changes. With a smaller offset this request
 * comes first, with a larger offset the other request. A race shows near the edge, so half of the generated offsets
 * are close to it.
 */
import type { Random } from '../random.ts';

/** Width of the range on each side of the edge, as a fraction of the whole span. */
const AROUND = 1 / 16;

export class Edge {
  #lastBefore = Number.NEGATIVE_INFINITY;
  #firstAfter = Number.POSITIVE_INFINITY;

  /**
   * @param offset delay of this request after the other request, milliseconds; @param after true if the other
   * request came first
   */
  saw(offset: number, after: boolean): void {
    if (after) this.#firstAfter = Math.min(this.#firstAfter, offset);
    else this.#lastBefore = Math.max(this.#lastBefore, offset);
  }

  /**
   * Generates an offset. Always uses two random numbers, so that responses do not change later random numbers.
   *
   * @param span the earliest and the latest offset, milliseconds
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
