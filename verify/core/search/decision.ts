/** Defines the input and the result of a search. */
import type { ObjectOperation } from '../objects/models.ts';

/** An operation on one object. Intervals are closed: two intervals that touch are concurrent. */
export interface Interval {
  call: number;
  /** Infinity if there was no response. Then the operation may take effect at any time after its call, or never. */
  return: number;
  operation: ObjectOperation;
}

/** The result of a search. `steps`: the number of operations that were compared or tried at a place. */
export type Decision = { steps: number } & (
  | { verdict: 'ok' }
  /**
   * `placed`: the longest valid order that was found. `culprit`: an operation that cannot follow this order. Operations
   * are given by their indexes.
   */
  | { verdict: 'violated'; culprit: number; placed: readonly number[] }
  /** The limit was reached. `placed`: the longest valid order that was found. */
  | { verdict: 'unknown'; placed: readonly number[] }
);

/** The limits at which a search gives up. */
export interface Limit {
  /** Maximum number of placements that the search tries. A million placements take about 1 s. */
  steps: number;
  /** Called from time to time; returns true when the time is over. */
  isLate?: (() => boolean) | undefined;
}
