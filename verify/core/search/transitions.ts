/** Numbers the states and operations of an object. So a search computes each step from state to state only once. */
import type { ObjectOperation, State } from '../objects/models.ts';

/** What a search must know about an object: how its states follow each other. */
export interface Machine {
  /** @returns the state after the operation; undefined if its response is impossible in this state */
  step(state: State, operation: ObjectOperation): State | undefined;
  /** @returns a text that is the same for two states if and only if they are equal */
  key(state: State): string;
  /**
   * Returns whether an operation may be put into the order as soon as it does not change the state. By default: reads.
   */
  isIdle?(operation: ObjectOperation): boolean;
}

/** Stands for a next state: the operation's response is impossible. */
export const REFUSED = -1;
/** Stands for a next state that has not been computed yet. */
const UNTRIED = -2;

/** With more classes of operations than this, the steps are kept in a map, because a table would be mostly empty. */
const WIDE = 256;

export class Transitions {
  readonly #machine: Machine;
  readonly #operations: ObjectOperation[] = [];
  readonly #classes = new Map<string, number>();
  readonly #states: State[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #rows: Int32Array[] = [];
  readonly #steps = new Map<number, number>();
  /** Number of values in all states together. */
  size = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /**
   * Returns the class of an operation: equal operations have the same number. Call it for all operations before `step`.
   */
  classOf(operation: ObjectOperation): number {
    const name = nameOf(operation);
    let number = this.#classes.get(name);
    if (number === undefined) {
      number = this.#operations.length;
      this.#classes.set(name, number);
      this.#operations.push(operation);
    }
    return number;
  }

  numberOf(state: State): number {
    const key = this.#machine.key(state);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#states.length;
      this.#numbers.set(key, number);
      this.#states.push(state);
      this.size += 1 + state.length;
    }
    return number;
  }

  /**
   * @returns the number of the state after an operation of this class; REFUSED if its response is impossible
   */
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

/** Returns a text that only equal operations share. It is short for frequent operations, otherwise JSON. */
function nameOf({ action, value, expected, state, saw }: ObjectOperation): string {
  if (action === 'read' && saw?.length === 1) return `read=${saw[0]}`;
  if (action !== 'read' && value !== undefined && expected === undefined && state === undefined) {
    return `${action}=${value}`;
  }
  return JSON.stringify([action, value, expected, state, saw]);
}
