/**
 * Decides whether the operations on one object are linearizable (Herlihy and Wing 1990): there is an order in which
 * each operation takes effect at one moment between its call and its return, and every response is correct.
 *
 * Uses the cheapest method that can decide. quiet.ts: operations that do not overlap have only one order. direct.ts: if
 * each value is written once and nothing is removed, the reads show the order. search.ts: searches for an order, up to
 * a limit of steps.
 */
import type { Action, ObjectKind } from '../history/history.ts';
import { MODELS } from '../objects/models.ts';
import type { Decision, Interval, Limit } from './decision.ts';
import { direct } from './direct.ts';
import type { PuttingOff } from './order.ts';
import { quiet } from './quiet.ts';
import { search } from './search.ts';
import { shownLists } from './shown-lists.ts';

const LIMIT: Limit = { steps: 5_000_000 };

/**
 * @param initial the content before all operations; if absent, the object is empty, and a counter is 0
 * @param operations the operations in any order. Operations that certainly did not happen must be left out
 */
export function decide(
  kind: ObjectKind,
  initial: readonly string[] | undefined,
  operations: readonly Interval[],
  limit = LIMIT,
): Decision {
  if (quiet(kind, initial, operations)) return { verdict: 'ok', steps: operations.length };
  const known = direct(kind, initial, operations);
  return known === undefined
    ? searched(kind, initial, operations, limit)
    : { ...known, steps: operations.length };
}

/** Decides by a search in any case, so that the result has the longest valid order. */
export function searched(
  kind: ObjectKind,
  initial: readonly string[] | undefined,
  operations: readonly Interval[],
  limit = LIMIT,
): Decision {
  const reduced = kind === 'list' ? shownLists(initial, operations) : undefined;
  if (reduced !== undefined) return search(reduced.machine, reduced.initial, reduced.operations, 'no', limit);
  const model = MODELS[kind];
  return search(model, model.initial(initial), operations, puttingOff(kind, operations), limit);
}

/**
 * Returns how long the search may delay an operation u without a response. Delaying is allowed if u can come later or
 * be left out: for each operation q that is possible without u, "u, q" leads to the same state as "q, u" or as q alone.
 * This is true for the set, add or remove of a single value and for increments. It is not true for a list, in which
 * each value has a position, nor for a `clear` or `set` of a whole object.
 */
function puttingOff(kind: ObjectKind, operations: readonly Interval[]): PuttingOff {
  if (kind === 'list') return 'no';
  const unsure = (action: Action): boolean =>
    operations.some(
      ({ return: end, operation }) => end === Number.POSITIVE_INFINITY && operation.action === action,
    );
  if (kind === 'register') return unsure('cas') ? 'together' : 'alone';
  return unsure('clear') || unsure('set') ? 'no' : 'together';
}
