/** Speeds up the search of a list with only add, set and clear, by numbers for shown lists and their beginnings. */
import { effectOf, type ObjectOperation, occurrences, putsIn, type State } from '../objects/models.ts';
import type { Interval } from './decision.ts';
import type { Machine } from './transitions.ts';

/** The operations, with numbers instead of lists. They have a valid order if and only if the originals have one. */
export interface Reduced {
  machine: Machine;
  initial: State;
  operations: readonly Interval[];
}

/** A list that a read shows, or the beginning of a shown list. */
interface Shown {
  state: State;
  /** The shown lists, or beginnings of them, that are longer by one value. Key: the added value. */
  longer: Map<string, Shown>;
  /** True if the list cannot occur twice, because one of its values is written only once. */
  once: boolean;
}

/** Stands for each list that no read shows, not even as the beginning of a longer list. */
const UNSHOWN: State = ['unshown'];
/** Used as the value of a write that is impossible in every valid order. */
const NEVER = 'never';

/** Returns undefined if the history has a write other than `add`, `set` and `clear`. */
export function shownLists(
  initial: readonly string[] = [],
  operations: readonly Interval[],
): Reduced | undefined {
  const writers = writersOf(initial, operations);
  if (writers === undefined) return undefined;
  const lists = new ShownLists(operations, writers);
  const reduced = operations.map(interval => {
    const operation = lists.reduced(interval.operation);
    // If a write has no response, and no read shows its result, the search can leave the write out.
    const needless = interval.return === Number.POSITIVE_INFINITY && operation.value === undefined;
    return { ...interval, operation: needless ? READ : operation };
  });
  return { machine: lists, initial: lists.place(initial), operations: reduced };
}

const READ: ObjectOperation = { action: 'read' };

function writersOf(
  initial: readonly string[],
  operations: readonly Interval[],
): Map<string, number> | undefined {
  const written = [...initial];
  for (const { operation } of operations) {
    if (operation.action === 'read') continue;
    const effect = effectOf('list', operation);
    if (effect?.does !== 'adds' && effect?.does !== 'replaces') return undefined;
    written.push(...putsIn(effect));
  }
  return occurrences(written);
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

  /** Replaces the operation's list by its number. If no read shows the result of a write, the write gets no value. */
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

  /** Returns whether a read shows the value, and only one operation writes it. */
  #isOnlyHere(value: string): boolean {
    return this.#values.has(value) && this.#writers.get(value) === 1;
  }

  /** Returns undefined if the operation is impossible in this state. */
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

  /** Returns true for a read, and for a write whose result no read shows. */
  isIdle({ action, value }: ObjectOperation): boolean {
    return action === 'read' || value === undefined;
  }
}
