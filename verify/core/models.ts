/**
 * Models each kind of object as four pure functions. The search for linearizability orders the operations, and the
 * model decides whether the responses fit that order.
 */
import type { ObjectKind } from './history/history.ts';
import { type Change, countOf, effectOf } from './objects/effect.ts';

/** The request and result of an operation on an object; every `Operation` is a `Deed`. */
export interface Deed extends Change {
  /** read: the whole state. A register or counter shows one text, an unset register none. */
  saw?: readonly string[];
}

/** The values that a read of the object shows, in an order that is the same for equal states. */
export type State = readonly string[];

export interface Model {
  /** Returns the first state. @param values the initial content; if absent, no value, or 0 for a counter */
  initial(values?: readonly string[]): State;
  /** Returns the state after the operation; undefined if its result is impossible in this state. */
  step(state: State, deed: Deed): State | undefined;
  /** Returns a text that is the same for equal states and differs for different states. */
  key(state: State): string;
  /** Describes the state for reports. */
  describe(state: State): string;
}

const EMPTY: State = [];

/** Returns whether two states have equal values in the same order. */
export function alike(a: State, b: State): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const key = (state: State): string => (state.length === 1 ? `=${state[0]}` : JSON.stringify(state));

/** A register holds one value, or none. */
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

/** A counter holds a number. */
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

/**
 * Makes the model of a kind with several values. The kinds differ in the order of values and in how a repeated value
 * counts.
 */
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

/** A set holds a value or does not. A read that shows a value twice equals a read that shows it once. */
const set = collection(
  'set',
  values => [...new Set(values)].sort(),
  (state, value) => (state.includes(value) ? state : sorted([...state, value])),
);

/** A bag may hold a value several times; a removal removes one of them. The order of values has no meaning. */
const bag = collection('bag', sorted, (state, value) => sorted([...state, value]));

/** A list holds values in the order of their adds. */
const list = collection(
  'list',
  values => values,
  (state, value) => [...state, value],
);

export const MODELS: Readonly<Record<ObjectKind, Model>> = { register, counter, set, bag, list };
