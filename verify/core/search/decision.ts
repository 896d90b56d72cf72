/** Defines the input and the result of a search for an order of operations that explains all responses. */
import type { ObjectKind } from '../history/history.ts';
import type { ObjectOperation } from '../objects/models.ts';

/** An operation with its time interval. Two intervals that only touch overlap. */
export interface Interval {
  call: number;
  /** Infinity without a response: the operation may take effect at any later time, or never. */
  return: number;
  operation: ObjectOperation;
}

export interface ObjectHistory {
  kind: ObjectKind;
  /** The object's values before the first operation. */
  initial: readonly string[];
  operations: readonly Interval[];
}

/** The result of a search. `steps`: how often the search added an operation to the order. */
export type Decision = { steps: number } & (
  | { verdict: 'ok' }
  /** Indexes of operations. `placed`: the longest valid order; `culprit`: an operation that cannot follow it. */
  | { verdict: 'violated'; culprit: number; placed: readonly number[] }
  /** A limit was reached. `placed`: the longest valid order that was found. */
  | { verdict: 'unknown'; placed: readonly number[] }
);

export interface Limit {
  /** Maximum number of times that the search adds an operation to the order. A million times take about 1 s. */
  steps: number;
  /** Called regularly during the search. Returns true to stop it. */
  isLate?: (() => boolean) | undefined;
}
