/** Confirms linearizability without a search if no operations overlap, as in most of a run. */
import type { ObjectKind } from '../history/history.ts';
import { alike, effectOf, type ObjectOperation } from '../objects/models.ts';
import type { ObjectHistory } from './decision.ts';

/** Returns false if operations overlap, or if a response is wrong. */
export function quiet({ kind, initial, operations }: ObjectHistory): boolean {
  if (kind === 'counter') return false;
  const values = [...initial];
  let end = Number.NEGATIVE_INFINITY;
  for (const { call, return: returned, operation } of operations) {
    if (call <= end || returned < call || returned === Number.POSITIVE_INFINITY) return false;
    end = returned;
    if (operation.action === 'read' ? !alike(operation.saw ?? [], values) : !changed(kind, values, operation))
      return false;
  }
  return true;
}

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
  return kind !== 'set' || !values.includes(effect.value);
}
