/** Repeats the search of stretches that the first search left undecided: with more steps, and the shortest first. */
import type { Limit } from './decision.ts';
import type { Stretch } from './stretches.ts';
import { judgeStretch, type StretchVerdict } from './witness.ts';

/** Maximum number of steps in the first round. Each further round has ten times as many as the round before. */
const FIRST_ROUND = 100_000;
/** Maximum number of operations that are kept for a second search. */
const KEPT = 200_000;
/** Maximum number of objects that are listed by name. */
const NAMED = 10;

export class Undecided {
  /** Number of undecided stretches. */
  count = 0;
  #kept: Stretch[] = [];
  #operations = 0;
  /** Number of undecided stretches of each object. */
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
          // A search that used fewer steps than allowed ran out of memory. If repeated, it would run out of memory
          // again.
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
