/**
 * Decides whether the operations on one object are linearizable (Herlihy and Wing 1990), by the cheapest method that
 * can: without overlaps (quiet.ts), from reads of unique values (direct.ts), or by a search.
 */
import type { Action, ObjectKind } from '../history/history.ts';
import { MODELS } from '../objects/models.ts';
import type { Decision, Interval, Limit } from './decision.ts';
import { direct } from './direct.ts';
import type { PuttingOff } from './order.ts';
import { quiet } from './quiet.ts';
import { Search } from './search.ts';
import { shownLists } from './shown-lists.ts';

const LIMIT: Limit = { steps: 5_000_000 };

/** @param initial by default, the object is empty, and a counter is 0 */
export function decide(
  kind: ObjectKind,
  initial: readonly string[] | undefined,
  operations: readonly Interval[],
  limit = LIMIT,
): Decision {
  const history = { kind, initial: initial ?? [], operations };
  if (quiet(history)) return { verdict: 'ok', steps: operations.length };
  const known = direct(history);
  return known === undefined
    ? searched(kind, initial, operations, limit)
    : { ...known, steps: operations.length };
}

export function searched(
  kind: ObjectKind,
  initial: readonly string[] | undefined,
  operations: readonly Interval[],
  limit = LIMIT,
): Decision {
  const reduced = kind === 'list' ? shownLists(initial, operations) : undefined;
  if (reduced !== undefined)
    return new Search(reduced.machine, reduced.initial, reduced.operations, 'no').run(limit);
  const model = MODELS[kind];
  return new Search(model, model.initial(initial), operations, puttingOff(kind, operations)).run(limit);
}

/**
 * Returns how long the search may delay an operation u without a response. Delaying u is safe if, for each operation q
 * that is possible without u, the order "u, q" leads to the same state as "q, u" or as q alone. Lists break this rule,
 * and so does a `clear` or `set` of a whole object.
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
