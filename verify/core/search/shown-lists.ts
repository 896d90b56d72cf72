/**
 * Reduces the search for an order of a list that is extended, replaced and emptied. A state of the reduced search is
 * not the whole list, but its place among the lists that reads show. All lists that no read shows are one state.
 */
import { effectOf, type ObjectOperation, putsIn, type State } from '../objects/models.ts';
import type { Interval } from './decision.ts';
import type { Machine } from './transitions.ts';

/** A reduced search. It finds a valid order if and only if the operations on the list have a valid order. */
export interface Reduced {
  machine: Machine;
  initial: State;
  operations: readonly Interval[];
}

/** A list that some read shows, or the beginning of such a list. */
interface Shown {
  state: State;
  /** The lists that have one more value at the end, by that value. */
  longer: Map<string, Shown>;
  /** True if the list holds a value that is written only once. Such a list cannot appear again after another list. */
  once: boolean;
}

/** The state of all lists that no read shows and that cannot grow into a list that a read shows. */
const UNSHOWN: State = ['unshown'];
/** The result of a write that no order can contain. */
const NEVER = 'never';

/** @returns undefined if other writes than `add`, `set` and `clear` occur */
export function shownLists(
  initial: readonly string[] = [],
  operations: readonly Interval[],
): Reduced | undefined {
  const writers = writersOf(initial, operations);
  if (writers === undefined) return undefined;
  const lists = new ShownLists(operations, writers);
  const reduced = operations.map(interval => {
    const operation = lists.reduced(interval.operation);
    // A write without a response need not have happened. If no read shows the write, the search can leave it out,
    // like a read without a response.
    const needless = interval.return === Number.POSITIVE_INFINITY && operation.value === undefined;
    return { ...interval, operation: needless ? READ : operation };
  });
  return { machine: lists, initial: lists.place(initial), operations: reduced };
}

const READ: ObjectOperation = { action: 'read' };

/** Counts how often each value may be written. */
function writersOf(
  initial: readonly string[],
  operations: readonly Interval[],
): Map<string, number> | undefined {
  const writers = new Map<string, number>();
  const count = (value: string): void => {
    writers.set(value, (writers.get(value) ?? 0) + 1);
  };
  for (const value of initial) count(value);
  for (const { operation } of operations) {
    if (operation.action === 'read') continue;
    const effect = effectOf('list', operation);
    if (effect?.does !== 'adds' && effect?.does !== 'replaces') return undefined;
    for (const value of putsIn(effect)) count(value);
  }
  return writers;
}

class ShownLists implements Machine {
  readonly #empty: Shown = { state: ['0'], longer: new Map(), once: false };
  readonly #byName = new Map<string, Shown>([['0', this.#empty]]);
  readonly #values = new Set<string>();
  readonly #writers: ReadonlyMap<string, number>;

  constructor(operations: readonly Interval[], writers: ReadonlyMap<string, number>) {
    this.#writers = writers;
    for (const { return: end, operation } of operations) {
      if (operation.action === 'read' && end !== Number.POSITIVE_INFINITY) this.#show(operation.saw ?? []);
    }
  }

  #show(values: readonly string[]): void {
    let list = this.#empty;
    for (const value of values) {
      this.#values.add(value);
      let longer = list.longer.get(value);
      if (longer === undefined) {
        const name = String(this.#byName.size);
        longer = { state: [name], longer: new Map(), once: list.once || this.#writers.get(value) === 1 };
        list.longer.set(value, longer);
        this.#byName.set(name, longer);
      }
      list = longer;
    }
  }

  /** @returns the state of a list */
  place(values: readonly string[]): State {
    let list: Shown | undefined = this.#empty;
    for (const value of values) list = list?.longer.get(value);
    return list?.state ?? UNSHOWN;
  }

  /** Converts an operation to the states of this search. A write whose result no read shows gets no value. */
  reduced(operation: ObjectOperation): ObjectOperation {
    if (operation.action === 'read') return { action: 'read', saw: this.place(operation.saw ?? []) };
    const effect = effectOf('list', operation);
    if (effect?.does === 'adds')
      return { action: 'add', ...(this.#values.has(effect.value) ? { value: effect.value } : {}) };
    const values = putsIn(effect);
    const [name] = this.place(values);
    if (name !== UNSHOWN[0]) return { action: 'set', value: name as string };
    return { action: 'set', ...(values.some(of => this.#isOnlyHere(of)) ? { value: NEVER } : {}) };
  }

  /**
   * Returns whether a read shows the value, and only one operation writes it. Subtle: then this operation
   * must lead to a list that a read shows. Otherwise the read has no place in the order.
   */
  #isOnlyHere(value: string): boolean {
    return this.#values.has(value) && this.#writers.get(value) === 1;
  }

  /**
   * Subtle: if a list cannot come back, and some read shows a longer list with the same begin, the next write must
   * extend the list. Reads of the list itself are placed before any other operation.
   */
  step(state: State, { action, value, saw }: ObjectOperation): State | undefined {
    const [name = ''] = state;
    if (action === 'read') return saw?.[0] === name ? state : undefined;
    const list = this.#byName.get(name);
    const longer = action === 'add' && value !== undefined ? list?.longer.get(value) : undefined;
    if (longer !== undefined) return longer.state;
    if (list?.once && list.longer.size > 0) return undefined;
    if (value === undefined) return UNSHOWN;
    if (action === 'set') return this.#byName.get(value)?.state;
    return this.#isOnlyHere(value) ? undefined : UNSHOWN;
  }

  key([name = '']: State): string {
    return name;
  }

  /**
   * Returns true for reads, and for writes whose result no read shows. Such a write changes nothing in the state
   * `unshown`.
   */
  isIdle({ action, value }: ObjectOperation): boolean {
    return action === 'read' || value === undefined;
  }
}
