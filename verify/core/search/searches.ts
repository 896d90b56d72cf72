/** Searches each segment of an object's history for a valid order. Retries undecided ones, the shortest first. */
import type { Segment } from './segments.ts';
import { judgeSegment, type SegmentVerdict } from './witness.ts';

/** Maximum number of steps in the first search of a segment. After each undecided segment, this number is halved. */
const FIRST = 1_000_000;
const LEAST_FIRST = 10_000;
const AFTERWARDS = 20_000_000;
/** Maximum number of steps of each search after the end of the history. Each round multiplies it by ten. */
const FIRST_ROUND = 100_000;
/** Maximum number of operations in the undecided segments that are kept for another search. */
const KEPT = 200_000;

export interface Searching {
  first?: number;
  steps?: number;
  /** Returns true if no time is left for searches after the history. */
  isLate?: () => boolean;
  /** True to search all undecided objects, also after the first violation. */
  allObjects?: boolean;
}

/** @param isLate returns true if no time is left to shorten the proof */
type OnDecided = (segment: Segment, verdict: SegmentVerdict, isLate?: () => boolean) => void;

export class Searches {
  readonly undecided: Record<string, number> = Object.create(null);
  readonly #searching: Searching;
  readonly #onDecided: OnDecided;
  #first: number;
  #violated = false;
  #isLate: (() => boolean) | undefined;
  #kept: Segment[] = [];
  #operations = 0;

  constructor(searching: Searching, onDecided: OnDecided) {
    this.#searching = searching;
    this.#first = searching.first ?? FIRST;
    this.#onDecided = onDecided;
  }

  judge(segment: Segment): void {
    const { verdict } = this.#judged(segment, this.#first);
    if (verdict !== 'budget') return;
    this.#first = Math.max(Math.min(LEAST_FIRST, this.#first), this.#first / 2);
    const { object, entries } = segment;
    this.undecided[object.object] = (this.undecided[object.object] ?? 0) + 1;
    if (this.#operations + entries.length > KEPT) return;
    this.#operations += entries.length;
    this.#kept.push(segment);
  }

  #judged(segment: Segment, steps: number): ReturnType<typeof judgeSegment> {
    const judged = judgeSegment(segment, { steps, isLate: this.#isLate });
    if (judged.verdict === 'violated') this.#violated = true;
    this.#onDecided(segment, judged.verdict, this.#isLate);
    return judged;
  }

  ended(): void {
    this.#isLate = this.#searching.isLate;
  }

  /** Searches undecided segments again, until one is violated or a limit is reached. */
  again(): void {
    const { steps: all = AFTERWARDS, allObjects = false } = this.#searching;
    let left = all;
    let open = this.#kept.sort((a, b) => a.entries.length - b.entries.length);
    for (let round = FIRST_ROUND; open.length > 0; round *= 10) {
      const undecided: Segment[] = [];
      for (const segment of open) {
        if (left <= 0 || this.#isLate?.() || (this.#violated && !allObjects)) return;
        const steps = Math.min(round, left);
        const judged = this.#judged(segment, steps);
        left -= judged.steps;
        if (judged.verdict !== 'budget') {
          const { object } = segment.object;
          const others = (this.undecided[object] ?? 1) - 1;
          if (others > 0) this.undecided[object] = others;
          else delete this.undecided[object];
        }
        // A search that stopped before its maximum number of steps had no memory left. A second search would fail, too.
        else if (judged.steps >= steps) undecided.push(segment);
      }
      open = undecided;
    }
  }
}
