/** Finds the gaps of a run: times between two successes in which requests were waiting. No other file computes gaps. */
import type { Operation } from '../history/history.ts';

/** Minimum time between two successes that is kept as a gap, microseconds. */
const LEAST = 1_000;

/** From one success (`before`) to the next one (`after`). */
export interface Gap {
  from: number;
  /** Infinite until the next success comes. */
  until: number;
  /** The first time in the gap at which a request was waiting; infinite if none was. */
  firstWait: number;
  /** The last time at which a request that waited in the gap ended without success. */
  lastFailure: number;
  before?: Operation;
  error?: Operation;
  after?: Operation;
}

/** The time for which requests waited in the gap, microseconds. */
export const lengthOf = ({ from, until, firstWait }: Gap): number =>
  Math.max(0, until - Math.max(from, firstWait));

/** Reuses the object of the last gap: in k6, a new one after each success would be slow. */
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
  /** The ended gaps that the result needs. A request that ends later may have waited in them, and still change them. */
  readonly #closed: Gap[] = [];

  /**
   * @param failed undefined if the run aborted the request, or if its end is not known
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
   * The last gap has no success at its end. It counts only if a request failed in it, and ends with the last failure,
   * or at the time `at` if that is earlier.
   */
  finish(at: number): readonly Gap[] {
    const until = Math.min(this.#open.lastFailure, at);
    return until > this.#open.from ? [...this.#closed, { ...this.#open, until }] : this.#closed;
  }
}

function waited(gap: Gap, operation: Operation, failed: boolean | undefined): void {
  const { call, return: end = Number.POSITIVE_INFINITY } = operation;
  if (end <= gap.from) return;
  gap.firstWait = Math.min(gap.firstWait, Math.max(gap.from, call));
  if (failed === false) return;
  gap.lastFailure = Math.max(gap.lastFailure, end);
  if (failed === true && end <= gap.until) gap.error ??= operation;
}
