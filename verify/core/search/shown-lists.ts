/**
 * Makes the search faster for a list on which only add, set and clear are used. Replaces each list by a number: each
 * list that a read shows has a number, and so has each beginning of such a list. All other lists have one common state.
 */
import { effectOf, type ObjectOperation, putsIn, type State } from '../objects/models.ts';
import type { Interval } from './decision.ts';
import type { Machine } from './transitions.ts';

/**
 * The operations, with numbers in place of lists. They have a valid order if and only if the original operations have
 * one.
 */
export interface Reduced {
  machine: Machine;
  initial: State;
  operations: readonly Interval[];
}

/** A list that a read shows, or the beginning of such a list: [a] is a beginning of [a, b]. */
interface Shown {
  state: State;
  /**
   * Key: a value; value: the list that results if the value is added to this one. Only lists that begin a shown list
   * are kept.
   */
  longer: Map<string, Shown>;
  /**
   * True if the list has a value that is written only once. After such a list was replaced, it can never occur again.
   */
  once: boolean;
}

/** The common state of all lists that no read shows and that are not the beginning of a shown list. */
const UNSHOWN: State = ['unshown'];
/** Used as the value of a write that is impossible in every valid order. */
const NEVER = 'never';

/**
 * Replaces the lists in the operations by numbers. Returns undefined if there is a write other than `add`, `set` and
 * `clear`.
 */
export function shownLists(
  initial: readonly string[] = [],
  operations: readonly Interval[],
): Reduced | undefined {
  const writers = writersOf(initial, operations);
  if (writers === undefined) return undefined;
  const lists = new ShownLists(operations, writers);
  const reduced = operations.map(interval => {
    const operation = lists.reduced(interval.operation);
    // If a write has no response and no read shows its result, it can be left out.
    const needless = interval.return === Number.POSITIVE_INFINITY && operation.value === undefined;
    return { ...interval, operation: needless ? READ : operation };
  });
  return { machine: lists, initial: lists.place(initial), operations: reduced };
}

const READ: ObjectOperation = { action: 'read' };

/** Returns how often each value is written; undefined if there is a write other than `add`, `set` and `clear`. */
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

  place(values: readonly string[]): State {
    let list: Shown | undefined = this.#empty;
    for (const value of values) list = list?.longer.get(value);
    return list?.state ?? UNSHOWN;
  }

  /** Replaces the list in an operation by the number of its state. A write whose result no read shows gets no value. */
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
   * Returns whether a read shows the value, and only one operation writes it. This operation must then result in a list
   * that a read shows, otherwise the read fits nowhere in the order.
   */
  #isOnlyHere(value: string): boolean {
    return this.#values.has(value) && this.#writers.get(value) === 1;
  }

  /**
   * Returns the state after an operation; undefined if the operation is impossible.
   *
   * If a list can never occur again, and a read shows a longer list that begins with it, only the add of the next value
   * is possible. All reads of the shorter list are in the order by then, because the search adds a read as soon as it
   * fits.
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
   * Returns whether an operation leaves the state unchanged if no read shows the list: a read, or a write whose result
   * no read shows.
   */
  isIdle({ action, value }: ObjectOperation): boolean {
    return action === 'read' || value === undefined;
  }
}
