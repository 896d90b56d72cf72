/**
 * Searches each stretch once when it is complete. At the end of the run, searches undecided stretches again with more
 * steps, the shortest first.
 */
import type { Stretch } from './stretches.ts';
import { judgeStretch, type StretchVerdict } from './witness.ts';

/**
 * Maximum number of steps in the first search of a stretch. Each undecided stretch halves this limit for the
 * stretches after it.
 */
const FIRST = 1_000_000;
const LEAST_FIRST = 10_000;
/** Maximum number of steps in all searches after the end of the history. */
const AFTERWARDS = 20_000_000;
/** Maximum number of steps in the first round. Each further round has ten times as many as the round before. */
const FIRST_ROUND = 100_000;
/** Maximum number of operations that are kept for a second search. */
const KEPT = 200_000;

/** The limits of the searches. */
export interface Searching {
  /** Maximum number of steps in the first search of a stretch. */
  first?: number;
  /** Maximum number of steps in all searches after the end of the history. */
  steps?: number;
  /** Polled after the end of the history. Returns true when there is no time left. */
  isLate?: () => boolean;
  /** If true, every undecided object is searched, even after a violation of another object. */
  allObjects?: boolean;
}

/** Called with each decision of a stretch. `isLate` returns true when there is no time left to make a witness smaller. */
type OnDecided = (stretch: Stretch, verdict: StretchVerdict, isLate?: () => boolean) => void;

export class Searches {
  /** Number of undecided stretches, by the name of the object. */
  readonly undecided: Record<string, number> = Object.create(null);
  readonly #searching: Searching;
  readonly #onDecided: OnDecided;
  #first: number;
  #violated = false;
  /** Set after the end of the history. */
  #isLate: (() => boolean) | undefined;
  #kept: Stretch[] = [];
  #operations = 0;

  constructor(searching: Searching, onDecided: OnDecided) {
    this.#searching = searching;
    this.#first = searching.first ?? FIRST;
    this.#onDecided = onDecided;
  }

  /** Searches a complete stretch for the first time. */
  judge(stretch: Stretch): void {
    const { verdict } = judgeStretch(stretch, { steps: this.#first, isLate: this.#isLate });
    this.#decided(stretch, verdict);
    if (verdict !== 'budget') return;
    this.#first = Math.max(Math.min(LEAST_FIRST, this.#first), this.#first / 2);
    const { object, entries } = stretch;
    this.undecided[object.object] = (this.undecided[object.object] ?? 0) + 1;
    if (this.#operations + entries.length > KEPT) return;
    this.#operations += entries.length;
    this.#kept.push(stretch);
  }

  #decided(stretch: Stretch, verdict: StretchVerdict): void {
    if (verdict === 'violated') this.#violated = true;
    this.#onDecided(stretch, verdict, this.#isLate);
  }

  /** Limits the time of the searches from now on. Called at the end of the history. */
  ended(): void {
    this.#isLate = this.#searching.isLate;
  }

  /** Searches the undecided stretches again, until one is violated or the limit for all searches is reached. */
  again(): void {
    const { steps: all = AFTERWARDS, allObjects = false } = this.#searching;
    let left = all;
    let open = this.#kept.sort((a, b) => a.entries.length - b.entries.length);
    for (let round = FIRST_ROUND; open.length > 0; round *= 10) {
      const undecided: Stretch[] = [];
      for (const stretch of open) {
        if (left <= 0 || this.#isLate?.() || (this.#violated && !allObjects)) return;
        const steps = Math.min(round, left);
        const judged = judgeStretch(stretch, { steps, isLate: this.#isLate });
        left -= judged.steps;
        if (judged.verdict !== 'budget') {
          const { object } = stretch.object;
          const others = (this.undecided[object] ?? 1) - 1;
          if (others > 0) this.undecided[object] = others;
          else delete this.undecided[object];
          this.#decided(stretch, judged.verdict);
        }
        // A search that used fewer steps than allowed ran out of memory. A second search would run out of
        // memory again.
        else if (judged.steps >= steps) undecided.push(stretch);
      }
      open = undecided;
    }
  }
}
