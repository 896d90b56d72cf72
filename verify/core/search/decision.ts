/** Defines the input and the result of a search for an order of operations that explains all responses. */
import type { ObjectOperation } from '../objects/models.ts';

/** An operation with its time interval. Two intervals that only touch are overlapping. */
export interface Interval {
  call: number;
  /**
   * The time of the response; infinite without a response. The operation may then take effect at any time after its
   * call, or never.
   */
  return: number;
  operation: ObjectOperation;
}

/** The result of a search. `steps`: how often the search added an operation to the order. */
export type Decision = { steps: number } & (
  | { verdict: 'ok' }
  /**
   * No order explains all responses. `placed`: the longest valid order. `culprit`: an operation that cannot follow this
   * order. Both have indexes of operations.
   */
  | { verdict: 'violated'; culprit: number; placed: readonly number[] }
  /** The search gave up because it reached a limit. `placed`: the longest valid order that it found. */
  | { verdict: 'unknown'; placed: readonly number[] }
);

export interface Limit {
  /** Maximum number of times that the search adds an operation to the order. A million times take about 1 s. */
  steps: number;
  /** Returns true when the search must stop, because its time is over. The search calls it from time to time. */
  isLate?: (() => boolean) | undefined;
}
