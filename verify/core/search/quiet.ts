/**
 * Confirms linearizability without a search if no operations overlap, as in most of a run: then only one
 * order is possible.
 */
import type { ObjectKind } from '../history/history.ts';
import { alike, effectOf, type ObjectOperation } from '../objects/models.ts';
import type { Interval } from './decision.ts';

/** @returns true if the operations, in the given order, do not overlap and every response is correct */
export function quiet(
  kind: ObjectKind,
  initial: readonly string[] | undefined,
  operations: readonly Interval[],
): boolean {
  if (kind === 'counter') return false;
  const values = [...(initial ?? [])];
  let end = Number.NEGATIVE_INFINITY;
  for (const { call, return: returned, operation } of operations) {
    if (call <= end || returned < call || returned === Number.POSITIVE_INFINITY) return false;
    end = returned;
    if (operation.action === 'read' ? !alike(operation.saw ?? [], values) : !changed(kind, values, operation))
      return false;
  }
  return true;
}

/** Applies a write to the values. Returns false if its result is not certain; then the search must decide. */
function changed(kind: ObjectKind, values: string[], operation: ObjectOperation): boolean {
  const effect = effectOf(kind, operation);
  if (effect?.does === 'adds') {
    if (kind !== 'set' || !values.includes(effect.value)) values.push(effect.value);
    return true;
  }
  if (effect?.does === 'replaces') {
    values.splice(0, values.length, ...effect.values);
    return kind === 'register' && operation.action !== 'cas';
  }
  if (effect?.does !== 'removes') return false;
  const at = values.indexOf(effect.value);
  if (at >= 0) values.splice(at, 1);
  // `initial` may have a value of a set twice, because a read may show it twice. If one is left, the search decides.
  return kind !== 'set' || !values.includes(effect.value);
}
