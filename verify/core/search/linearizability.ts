/**
 * Decides whether the operations on one object are linearizable (Herlihy and Wing 1990): whether they can be put in
 * an order in which each takes effect at one point between its call and its return, and every answer fits.
 *
 * Operations that nothing overlaps have one order (quiet.ts); histories whose values are unique and only added are
 * decided directly, in near-linear time (direct.ts); others are searched (search.ts), within a budget.
 */

import type { Action, ObjectKind } from '../history.ts';
import { type Deed, MODELS } from '../models.ts';
import { direct } from './direct.ts';
import { appendOnly } from './growing-list.ts';
import type { PuttingOff } from './order.ts';
import { quiet } from './quiet.ts';
import { search } from './search.ts';

/** An operation on one object. Intervals are closed: what touches is concurrent. */
export interface Interval {
  call: number;
  /** Infinity: nobody knows whether it happened. It may take effect at any time from its call on, or never. */
  return: number;
  deed: Deed;
}

export type Decision =
  | { verdict: 'ok' }
  /** `culprit` has no place after `placed`, the longest order that was found; both by index. */
  | { verdict: 'violated'; culprit: number; placed: readonly number[] }
  /** The budget is spent: `placed` is the longest order that was reached. */
  | { verdict: 'unknown'; steps: number; placed: readonly number[] };

/** Placements to try: some seconds. */
const BUDGET = 5_000_000;

/**
 * @param initial what the object held before all operations; absent: nothing, or 0 for a counter
 * @param operations in any order, without those that certainly did not happen
 * @param budget how many placements a search may try before it gives up with `unknown`
 */
export function decide(
  kind: ObjectKind,
  initial: readonly string[] | undefined,
  operations: readonly Interval[],
  budget = BUDGET,
): Decision {
  if (quiet(kind, initial, operations)) return { verdict: 'ok' };
  return direct(kind, initial, operations) ?? searched(kind, initial, operations, budget);
}

/** As `decide`, by the search alone: slower, and it finds the longest order. */
export function searched(
  kind: ObjectKind,
  initial: readonly string[] | undefined,
  operations: readonly Interval[],
  budget = BUDGET,
): Decision {
  const lengths = kind === 'list' ? appendOnly(initial, operations) : undefined;
  if (lengths !== undefined) return search(lengths.model, lengths.initial, lengths.operations, 'no', budget);
  const model = MODELS[kind];
  return search(model, model.initial(initial), operations, puttingOff(kind, operations), budget);
}

/**
 * Whether an unacknowledged deed i may be put off past an acknowledged deed q that can go before it, or left out:
 * q after i leads where i after q leads, or q alone. True of values that are set, added, removed or counted one by
 * one; not of places in a list, nor of an unacknowledged `clear` or `set` of a whole collection or counter.
 */
function puttingOff(kind: ObjectKind, operations: readonly Interval[]): PuttingOff {
  if (kind === 'list') return 'no';
  const unsure = (action: Action): boolean =>
    operations.some(({ return: end, deed }) => end === Number.POSITIVE_INFINITY && deed.action === action);
  if (kind === 'register') return unsure('cas') ? 'together' : 'alone';
  return unsure('clear') || unsure('set') ? 'no' : 'together';
}
