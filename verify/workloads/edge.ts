/**
 * The moment at which the answer to a racing request changes: before it the request came first, after it the other one.
 * A race is lost around there, if anywhere, so that half of the tries go where the moment has been seen to be.
 */
import type { Random } from './random.ts';

/** How far around what was seen it is looked for, as a part of the whole span. */
const AROUND = 1 / 16;

export class Edge {
  #lastBefore = Number.NEGATIVE_INFINITY;
  #firstAfter = Number.POSITIVE_INFINITY;

  /** @param offset of the request against the other one, milliseconds; @param after whether its answer was the later one */
  saw(offset: number, after: boolean): void {
    if (after) this.#firstAfter = Math.min(this.#firstAfter, offset);
    else this.#lastBefore = Math.max(this.#lastBefore, offset);
  }

  /**
   * Draws two numbers, whatever was seen.
   *
   * @param span from the earliest offset to the latest, milliseconds
   * @returns an offset in it
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
