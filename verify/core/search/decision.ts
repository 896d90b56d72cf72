/** Defines the input and the result of a search. */
import type { ObjectOperation } from '../objects/models.ts';

/** An operation with its time interval. Intervals that only touch overlap. */
export interface Interval {
  call: number;
  /** Infinity without a response. Then the operation may take effect at any time after its call, or never. */
  return: number;
  operation: ObjectOperation;
}

/** The result of a search. `steps`: how often it put an operation into the order. */
export type Decision = { steps: number } & (
  | { verdict: 'ok' }
  /**
   * No order explains all responses. `placed`: the longest valid order. `culprit`: an operation that cannot follow it.
   * Both hold indexes of operations.
   */
  | { verdict: 'violated'; culprit: number; placed: readonly number[] }
  /** The search gave up at a limit. `placed`: the longest valid order so far. */
  | { verdict: 'unknown'; placed: readonly number[] }
);

export interface Limit {
  /** How often the search may put an operation into the order. A million times take about 1 s. */
  steps: number;
  /** Called from time to time. Returns true when the time is over. */
  isLate?: (() => boolean) | undefined;
}
