/** Decides linearizability by trying every order of a few operations, as a reference in tests of the search. */
import type { ObjectKind } from '../history/history.ts';
import { MODELS, type State } from '../objects/models.ts';
import type { Interval } from '../search/decision.ts';

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
