/** Defines the input and the result of a search. */
import type { Deed } from '../models.ts';

/** An operation on one object. Intervals are closed: two that touch are concurrent. */
export interface Interval {
  call: number;
  /** Infinity if there was no response. Then the operation may take effect at any time after its call, or never. */
  return: number;
  deed: Deed;
}

/** The result of a search. `steps` is the number of operations that it looked at. */
export type Decision = { steps: number } & (
  | { verdict: 'ok' }
  /** `culprit` has no place after `placed`, the longest order that was found. Both are indexes. */
  | { verdict: 'violated'; culprit: number; placed: readonly number[] }
  /** The limit was reached. `placed` is the longest order that was found. */
  | { verdict: 'unknown'; placed: readonly number[] }
);

/** The limit at which a search gives up. */
export interface Limit {
  /** Placements that it tries at most: a million takes about a second. */
  steps: number;
  /** Called now and then. Returns true when there is no time left. */
  isLate?: (() => boolean) | undefined;
}
