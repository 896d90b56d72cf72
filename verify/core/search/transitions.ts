/** Numbers states and operations, so that each effect of an operation on a state is computed once. */
import { getOrInsert } from '../get-or-insert.ts';
import { keyOf, type ObjectOperation, type State } from '../objects/models.ts';

export interface Machine {
  step(state: State, operation: ObjectOperation): State | undefined;
  /** Returns whether the search adds an operation as soon as it changes no state. Default: true for reads. */
  isIdle?(operation: ObjectOperation): boolean;
}

/** Used as the next state if the response of the operation is impossible. */
export const REFUSED = -1;
const UNTRIED = -2;

/** Maximum number of classes of operations for a table of next states. A larger table would be mostly empty. */
const WIDE = 256;

export class Transitions {
  readonly #machine: Machine;
  readonly #operations: ObjectOperation[] = [];
  readonly #classes = new Map<string, number>();
  readonly #states: State[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #rows: Int32Array[] = [];
  readonly #steps = new Map<number, number>();
  size = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Returns the class of an operation, equal for equal operations. Call it for all operations before `step`. */
  classOf(operation: ObjectOperation): number {
    return getOrInsert(this.#classes, nameOf(operation), () => this.#operations.push(operation) - 1);
  }

  numberOf(state: State): number {
    return getOrInsert(this.#numbers, keyOf(state), () => {
      this.size += 1 + state.length;
      return this.#states.push(state) - 1;
    });
  }

  step(state: number, kind: number): number {
    const classes = this.#operations.length;
    if (classes > WIDE)
      return getOrInsert(this.#steps, state * classes + kind, () => this.#compute(state, kind));
    this.#rows[state] ??= new Int32Array(classes).fill(UNTRIED);
    const row = this.#rows[state];
    if (row[kind] === UNTRIED) row[kind] = this.#compute(state, kind);
    return row[kind] as number;
  }

  #compute(state: number, kind: number): number {
    const next = this.#machine.step(this.#states[state] as State, this.#operations[kind] as ObjectOperation);
    return next === undefined ? REFUSED : this.numberOf(next);
  }

  isIdle(operation: ObjectOperation): boolean {
    return this.#machine.isIdle?.(operation) ?? operation.action === 'read';
  }
}

/** Returns a text that only equal operations share. */
function nameOf({ action, value, expected, state, saw }: ObjectOperation): string {
  return JSON.stringify([action, value, expected, state, saw]);
}
