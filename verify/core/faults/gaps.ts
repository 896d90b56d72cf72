/** Finds the gaps of a run: intervals in which requests waited and none succeeded. No other file computes gaps. */
import type { Operation } from '../history/history.ts';

/** Minimum interval between two successes that counts as a gap, microseconds. */
const LEAST = 1_000;

/** The interval between two consecutive successes. */
export interface Gap {
  from: number;
  /** Infinite until the next success. */
  until: number;
  /** The earliest time in the gap at which a request was waiting; infinite if none was. */
  firstWait: number;
  /** The latest return of a request that waited in the interval and did not succeed. */
  lastFailure: number;
  before?: Operation;
  /** The first request that failed in the gap. */
  error?: Operation;
  after?: Operation;
}

/** @returns the time for which requests waited in the gap without a success, microseconds */
export const lengthOf = ({ from, until, firstWait }: Gap): number =>
  Math.max(0, until - Math.max(from, firstWait));

/** Changes a gap to the next interval. Keeps the object, because a new object after each success is slow in k6. */
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
  /** The closed gaps that the result needs, in order of time. Requests that end later may have waited in them, too. */
  readonly #closed: Gap[] = [];

  /**
   * Adds a request that has ended.
   *
   * @param failed undefined if the run aborted the request, or if its end is not known
   * @param matters returns whether the result needs gaps between two times
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
   * Returns the gaps that the result needs. If a request failed in the last gap and no success followed, this gap ends
   * at the return of its last unsuccessful request, and at the latest at `at`.
   */
  finish(at: number): readonly Gap[] {
    const until = Math.min(this.#open.lastFailure, at);
    return until > this.#open.from ? [...this.#closed, { ...this.#open, until }] : this.#closed;
  }
}

/** Updates a gap with a request that was in flight in it. */
function waited(gap: Gap, operation: Operation, failed: boolean | undefined): void {
  const { call, return: end = Number.POSITIVE_INFINITY } = operation;
  if (end <= gap.from) return;
  gap.firstWait = Math.min(gap.firstWait, Math.max(gap.from, call));
  if (failed === false) return;
  gap.lastFailure = Math.max(gap.lastFailure, end);
  if (failed === true && end <= gap.until) gap.error ??= operation;
}
