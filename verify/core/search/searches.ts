/**
 * Runs the searches for valid orders. Searches each segment (a part of an object's history) when it is complete. At the
 * end of the run, searches the undecided segments again with more steps, the shortest segment first.
 */
import type { Segment } from './segments.ts';
import { judgeSegment, type SegmentVerdict } from './witness.ts';

/**
 * Maximum number of steps in the first search of a segment. After each undecided segment, the limit is
 * halved, but not below `LEAST_FIRST`.
 */
const FIRST = 1_000_000;
const LEAST_FIRST = 10_000;
/** Maximum number of steps in all searches after the end of the history. */
const AFTERWARDS = 20_000_000;
/**
 * After the end of the history, undecided segments are searched in rounds. In the first round, each search
 * has at most this number of steps, in each further round ten times as many.
 */
const FIRST_ROUND = 100_000;
/** Maximum number of operations in all segments that are kept to be searched again. */
const KEPT = 200_000;

/** The limits of the searches. */
export interface Searching {
  /** Maximum number of steps in the first search of a segment. */
  first?: number;
  /** Maximum number of steps in all searches after the end of the history. */
  steps?: number;
  /** Called from time to time after the end of the history; returns true when the time is over. */
  isLate?: () => boolean;
  /** True to search all undecided objects; otherwise the searches stop at the first violation. */
  allObjects?: boolean;
}

/**
 * Called with the verdict of each search. `isLate` returns true when no time is left to shorten the proof of
 * a violation.
 */
type OnDecided = (segment: Segment, verdict: SegmentVerdict, isLate?: () => boolean) => void;

export class Searches {
  /** Number of undecided segments, by the name of the object. */
  readonly undecided: Record<string, number> = Object.create(null);
  readonly #searching: Searching;
  readonly #onDecided: OnDecided;
  #first: number;
  #violated = false;
  /** Set at the end of the history: before, the time of the searches is not limited. */
  #isLate: (() => boolean) | undefined;
  #kept: Segment[] = [];
  #operations = 0;

  constructor(searching: Searching, onDecided: OnDecided) {
    this.#searching = searching;
    this.#first = searching.first ?? FIRST;
    this.#onDecided = onDecided;
  }

  /** Searches a complete segment for the first time. */
  judge(segment: Segment): void {
    const { verdict } = judgeSegment(segment, { steps: this.#first, isLate: this.#isLate });
    this.#decided(segment, verdict);
    if (verdict !== 'budget') return;
    this.#first = Math.max(Math.min(LEAST_FIRST, this.#first), this.#first / 2);
    const { object, entries } = segment;
    this.undecided[object.object] = (this.undecided[object.object] ?? 0) + 1;
    if (this.#operations + entries.length > KEPT) return;
    this.#operations += entries.length;
    this.#kept.push(segment);
  }

  #decided(segment: Segment, verdict: SegmentVerdict): void {
    if (verdict === 'violated') this.#violated = true;
    this.#onDecided(segment, verdict, this.#isLate);
  }

  /** Limits the time of the searches from now on. Called at the end of the history. */
  ended(): void {
    this.#isLate = this.#searching.isLate;
  }

  /** Searches the undecided segments again, until one is violated or the limit of all searches is reached. */
  again(): void {
    const { steps: all = AFTERWARDS, allObjects = false } = this.#searching;
    let left = all;
    let open = this.#kept.sort((a, b) => a.entries.length - b.entries.length);
    for (let round = FIRST_ROUND; open.length > 0; round *= 10) {
      const undecided: Segment[] = [];
      for (const segment of open) {
        if (left <= 0 || this.#isLate?.() || (this.#violated && !allObjects)) return;
        const steps = Math.min(round, left);
        const judged = judgeSegment(segment, { steps, isLate: this.#isLate });
        left -= judged.steps;
        if (judged.verdict !== 'budget') {
          const { object } = segment.object;
          const others = (this.undecided[object] ?? 1) - 1;
          if (others > 0) this.undecided[object] = others;
          else delete this.undecided[object];
          this.#decided(segment, judged.verdict);
        }
        // Fewer steps than allowed: the search ran out of memory. It would do so again, so the segment is given up.
        else if (judged.steps >= steps) undecided.push(segment);
      }
      open = undecided;
    }
  }
}
