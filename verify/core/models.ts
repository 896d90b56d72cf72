/**
 * Models each kind of object as four pure functions. The search for linearizability orders the operations, and the
 * model says whether the answers fit that order.
 */
import type { ObjectKind } from './history.ts';
import { type Change, countOf, effectOf } from './objects/effect.ts';

/** What an operation asked and what came; an `Operation` is one. */
export interface Deed extends Change {
  /** read: the whole state. A register or counter shows one text, an unset register none. */
  saw?: readonly string[];
}

/** What a read of the object would show, in an order that is the same for equal states. */
export type State = readonly string[];

export interface Model {
  /** @param values what the object holds at first; absent: nothing, or 0 for a counter */
  initial(values?: readonly string[]): State;
  /** @returns the state after the deed, or undefined when its answer cannot come from this state */
  step(state: State, deed: Deed): State | undefined;
  /** Equal for equal states, and for those alone. */
  key(state: State): string;
  /** For people. */
  describe(state: State): string;
}

const EMPTY: State = [];

/** Whether two states are shown alike, value by value. */
export function alike(a: State, b: State): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const key = (state: State): string => (state.length === 1 ? `=${state[0]}` : JSON.stringify(state));

/** One value, or none. */
const register: Model = {
  initial: (values = EMPTY) => values,
  step(state, deed) {
    if (deed.action === 'read') return alike(deed.saw ?? EMPTY, state) ? state : undefined;
    const effect = effectOf('register', deed);
    if (effect?.does !== 'replaces') return state;
    if (deed.action === 'cas' && (state.length === 0 || state[0] !== effect.expected)) return undefined;
    return effect.values;
  },
  key,
  describe: ([value]) => value ?? 'unset',
};

/** A number. */
const counter: Model = {
  initial: values => [String(countOf(values))],
  step(state, deed) {
    if (deed.action === 'read') return countOf(deed.saw) === countOf(state) ? state : undefined;
    const effect = effectOf('counter', deed);
    if (effect?.does === 'replaces') return effect.values;
    return effect?.does === 'counts' ? [String(countOf(state) + effect.by)] : state;
  },
  key,
  describe: ([value]) => value ?? '0',
};

/** Several values. The kinds differ in how values are ordered, and in what a second equal value does. */
const collection = (
  kind: ObjectKind,
  ordered: (values: readonly string[]) => State,
  withValue: (state: State, value: string) => State,
): Model => ({
  initial: (values = EMPTY) => ordered(values),
  step(state, deed) {
    if (deed.action === 'read') return alike(ordered(deed.saw ?? EMPTY), state) ? state : undefined;
    const effect = effectOf(kind, deed);
    if (effect?.does === 'replaces') return ordered(effect.values);
    if (effect?.does === 'adds') return withValue(state, effect.value);
    const at = effect?.does === 'removes' ? state.indexOf(effect.value) : -1;
    return at < 0 ? state : state.filter((_, i) => i !== at);
  },
  key,
  describe: state => `[${state.join(', ')}]`,
});

const sorted = (values: readonly string[]): State => [...values].sort();

/** A value is in it or not; a read that shows one twice says no more than that it is there. */
const set = collection(
  'set',
  values => [...new Set(values)].sort(),
  (state, value) => (state.includes(value) ? state : sorted([...state, value])),
);

/** A value may be in it several times, a removal takes out one; the order in which it is shown means nothing. */
const bag = collection('bag', sorted, (state, value) => sorted([...state, value]));

/** Values in the order of their adds. */
const list = collection(
  'list',
  values => values,
  (state, value) => [...state, value],
);

export const MODELS: Readonly<Record<ObjectKind, Model>> = { register, counter, set, bag, list };
