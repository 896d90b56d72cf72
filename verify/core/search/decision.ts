/** Defines the input and the result of a search. */
import type { ObjectOperation } from '../objects/models.ts';

/** An operation on one object, with its time interval. If one interval ends when another begins, they overlap. */
export interface Interval {
  call: number;
  /** Infinity if there was no response. Then the operation may take effect at any time after its call, or never. */
  return: number;
  operation: ObjectOperation;
}

/** The result of a search. `steps`: how much was tried, to compare with `Limit.steps`. */
export type Decision = { steps: number } & (
  | { verdict: 'ok' }
  /**
   * No order explains all responses. `placed`: the longest valid order that was found. `culprit`: an
   * operation that cannot follow this order. Both hold indexes of operations.
   */
  | { verdict: 'violated'; culprit: number; placed: readonly number[] }
  /** The search gave up at a limit. `placed`: the longest valid order that was found. */
  | { verdict: 'unknown'; placed: readonly number[] }
);

/** The limits at which a search gives up. */
export interface Limit {
  /** Maximum number of times that the search puts an operation into the order. A million take about 1 s. */
  steps: number;
  /** Called from time to time. Returns true when the time for the search is over. */
  isLate?: (() => boolean) | undefined;
}
