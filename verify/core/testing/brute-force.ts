/**
 * Decides linearizability by brute force, to test the real search. It tries every order of the operations, with and
 * without the operations that may not have happened. For histories of a few operations only.
 */
import type { ObjectKind } from '../history/history.ts';
import { MODELS, type State } from '../objects/models.ts';
import type { Interval } from '../search/decision.ts';

/** Returns whether there is an order that explains every result. */
export function linearizableByBruteForce(
  kind: ObjectKind,
  initial: readonly string[] | undefined,
  operations: readonly Interval[],
): boolean {
  const model = MODELS[kind];
  return explained(model.initial(initial), operations);

  function explained(state: State, left: readonly Interval[]): boolean {
    if (left.every(operation => operation.return === Number.POSITIVE_INFINITY)) return true;
    return left.some(next => {
      if (left.some(other => other.return < next.call)) return false;
      const after =
        next.return === Number.POSITIVE_INFINITY && next.operation.action === 'read'
          ? state
          : model.step(state, next.operation);
      return (
        after !== undefined &&
        explained(
          after,
          left.filter(other => other !== next),
        )
      );
    });
  }
}
