/** Finds the gaps of a run: intervals between two successes in which requests were waiting. */
import type { Operation } from '../history/history.ts';

/** Minimum length of a gap that is kept, microseconds. */
const LEAST = 1_000;

export interface Gap {
  from: number;
  until: number;
  /** The first time in the gap at which a request was waiting for its response; Infinity if there was none. */
  firstWait: number;
  /** The last time at which a request that waited in the gap failed. */
  lastFailure: number;
  before?: Operation;
  error?: Operation;
  after?: Operation;
}

export const lengthOf = (gap: Gap | undefined): number =>
  gap === undefined ? 0 : Math.max(0, gap.until - Math.max(gap.from, gap.firstWait));

/** Reuses the object of the last gap, because creating an object at each success is slow in k6. */
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
  /** Gaps that have ended, and that the result needs. A request may have waited in a gap, and still be in flight. */
  readonly #closed: Gap[] = [];

  /** @param failed undefined if the request was aborted or has no end */
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

  /** Returns all gaps. A gap that is open at the time `at` ends with its last failed request. */
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
