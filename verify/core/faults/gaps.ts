/**
 * Finds the gaps of a run. A gap is the time between two successes, while requests were waiting. No other
 * file computes gaps.
 */
import type { Operation } from '../history/history.ts';

/** Minimum time between two successes that is kept as a gap, microseconds. */
const LEAST = 1_000;

/** The time between one success (`before`) and the next one (`after`). */
export interface Gap {
  from: number;
  /** The time of the next success; infinite until it comes. */
  until: number;
  /** The earliest time in the gap at which a request was waiting; infinite if no request was. */
  firstWait: number;
  /** The latest time at which a request that waited in the gap ended without success. */
  lastFailure: number;
  before?: Operation;
  /** The first failed request that ended in the gap. */
  error?: Operation;
  after?: Operation;
}

/** @returns the time for which requests waited in the gap without a success, microseconds */
export const lengthOf = ({ from, until, firstWait }: Gap): number =>
  Math.max(0, until - Math.max(from, firstWait));

/** Begins the next gap in the same object. In k6, a new object after each success would be slow. */
function begin(gap: Gap, from: number, before: Operation): void {
  gap.from = from;
  gap.firstWait = Number.POSITIVE_INFINITY;
  gap.lastFailure = Number.NEGATIVE_INFINITY;
  gap.before = before;
  delete gap.error;
}

export class Gaps {
  readonly #open: Gap = {
    from: Number.NEGATIVE_INFINITY,
    until: Number.POSITIVE_INFINITY,
    firstWait: Number.POSITIVE_INFINITY,
    lastFailure: Number.NEGATIVE_INFINITY,
  };
  /**
   * The gaps that have ended and that the result needs, in order of time. A request that ends later may have
   * waited in them, so they may still change.
   */
  readonly #closed: Gap[] = [];

  /**
   * Adds a request that has ended.
   *
   * @param failed whether it failed; undefined if the run aborted it, or if its end is not known
   * @param matters returns whether the result needs the gaps between two times
   */
  ended(
    operation: Operation,
    failed: boolean | undefined,
    matters: (from: number, until: number) => boolean,
  ): void {
    const { call, return: end } = operation;
    const open = this.#open;
    waited(open, operation, failed);
    for (let i = this.#closed.length - 1; i >= 0; i--) {
      const gap = this.#closed[i] as Gap;
      if (gap.until <= call) break;
      waited(gap, operation, failed);
    }
    if (failed !== false || end === undefined || end <= open.from) return;
    if (end - open.from >= LEAST && matters(open.from, end)) {
      this.#closed.push({ ...open, until: end, after: operation });
    }
    begin(open, end, operation);
  }

  /**
   * Returns the gaps that the result needs. The last gap has no success at its end. It is returned only if a
   * request failed in it, and ends with the last failure, or at the time `at` if that is earlier.
   */
  finish(at: number): readonly Gap[] {
    const until = Math.min(this.#open.lastFailure, at);
    return until > this.#open.from ? [...this.#closed, { ...this.#open, until }] : this.#closed;
  }
}

/** Updates a gap with a request that was waiting in it. */
function waited(gap: Gap, operation: Operation, failed: boolean | undefined): void {
  const { call, return: end = Number.POSITIVE_INFINITY } = operation;
  if (end <= gap.from) return;
  gap.firstWait = Math.min(gap.firstWait, Math.max(gap.from, call));
  if (failed === false) return;
  gap.lastFailure = Math.max(gap.lastFailure, end);
  if (failed === true && end <= gap.until) gap.error ??= operation;
}
