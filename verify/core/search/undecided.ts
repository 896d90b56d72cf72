/** Searches the stretches that a first search left undecided again, with more steps, the shortest first. */
import type { Limit } from './decision.ts';
import type { Stretch } from './stretches.ts';
import { judgeStretch, type StretchVerdict } from './witness.ts';

/** Steps of the first round. Each round takes ten times as many as the one before. */
const FIRST_ROUND = 100_000;
/** Operations that are kept for a second search. */
const KEPT = 200_000;
/** Objects that are listed by name. */
const NAMED = 10;

export class Undecided {
  /** How many stretches are undecided. */
  count = 0;
  #kept: Stretch[] = [];
  #operations = 0;
  /** How many stretches of each object are undecided. */
  readonly #objects = new Map<string, number>();

  add(stretch: Stretch): void {
    const { object, entries } = stretch;
    this.count++;
    this.#objects.set(object.object, (this.#objects.get(object.object) ?? 0) + 1);
    if (this.#operations + entries.length > KEPT) return;
    this.#operations += entries.length;
    this.#kept.push(stretch);
  }

  /**
   * Searches the undecided stretches again.
   *
   * @param limit for all searches together
   * @param decided called with each decision; returns false to stop the search of other stretches
   */
  search(limit: Limit, decided: (stretch: Stretch, verdict: StretchVerdict) => boolean): void {
    let left = limit.steps;
    let open = this.#kept.sort((a, b) => a.entries.length - b.entries.length);
    for (let round = FIRST_ROUND; open.length > 0; round *= 10) {
      const undecided: Stretch[] = [];
      for (const stretch of open) {
        if (left <= 0 || limit.isLate?.()) return;
        const steps = Math.min(round, left);
        const judged = judgeStretch(stretch, { steps, isLate: limit.isLate });
        left -= judged.steps;
        if (judged.verdict === 'budget') {
          // With fewer steps than allowed, the search ran out of memory. It would again.
          if (judged.steps >= steps) undecided.push(stretch);
          continue;
        }
        this.#remove(stretch);
        if (!decided(stretch, judged.verdict)) return;
      }
      open = undecided;
    }
  }

  #remove({ object: { object } }: Stretch): void {
    this.count--;
    const count = this.#objects.get(object) ?? 0;
    if (count > 1) this.#objects.set(object, count - 1);
    else this.#objects.delete(object);
  }

  /** Names the objects: `basket@s1, basket@s2 and 3 more`. */
  describe(): string {
    const names = [...this.#objects.keys()];
    const more = names.length - NAMED;
    return `${names.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  }
}
