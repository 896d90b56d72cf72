/** Numbers the states and operations of an object, so that a search computes each step only once. */
import { getOrInsert } from '../get-or-insert.ts';
import type { ObjectOperation, State } from '../objects/models.ts';

/** How the states of an object follow each other. */
export interface Machine {
  /** Returns undefined if the operation's response is impossible in this state. */
  step(state: State, operation: ObjectOperation): State | undefined;
  /** Returns the same text for equal states only. */
  key(state: State): string;
  /** Whether an operation may enter the order as soon as it does not change the state. By default: reads. */
  isIdle?(operation: ObjectOperation): boolean;
}

/** Stands for the next state if the operation's response is impossible. */
export const REFUSED = -1;
/** Stands for a next state that has not been computed yet. */
const UNTRIED = -2;

/** With more classes of operations, the table of steps would be mostly empty, so a map is used. */
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

  /** Equal operations have the same class. Call it for all operations before `step`. */
  classOf(operation: ObjectOperation): number {
    return getOrInsert(this.#classes, nameOf(operation), () => this.#operations.push(operation) - 1);
  }

  numberOf(state: State): number {
    return getOrInsert(this.#numbers, this.#machine.key(state), () => {
      this.size += 1 + state.length;
      return this.#states.push(state) - 1;
    });
  }

  /** The state after an operation of this class; REFUSED if its response is impossible. */
  step(state: number, kind: number): number {
    const classes = this.#operations.length;
    if (classes > WIDE) {
      const at = state * classes + kind;
      let next = this.#steps.get(at);
      if (next === undefined) {
        next = this.#compute(state, kind);
        this.#steps.set(at, next);
      }
      return next;
    }
    this.#rows[state] ??= new Int32Array(classes).fill(UNTRIED);
    const row = this.#rows[state];
    let next = row[kind] as number;
    if (next === UNTRIED) {
      next = this.#compute(state, kind);
      row[kind] = next;
    }
    return next;
  }

  #compute(state: number, kind: number): number {
    const next = this.#machine.step(this.#states[state] as State, this.#operations[kind] as ObjectOperation);
    return next === undefined ? REFUSED : this.numberOf(next);
  }

  isIdle(operation: ObjectOperation): boolean {
    return this.#machine.isIdle?.(operation) ?? operation.action === 'read';
  }
}

/** Only equal operations have the same text. It is short for frequent ones. */
function nameOf({ action, value, expected, state, saw }: ObjectOperation): string {
  if (action === 'read' && saw?.length === 1) return `read=${saw[0]}`;
  if (action !== 'read' && value !== undefined && expected === undefined && state === undefined) {
    return `${action}=${value}`;
  }
  return JSON.stringify([action, value, expected, state, saw]);
}
