/**
 * What an object of each kind does, as four pure functions. A judge of linearizability needs no more: it orders
 * the deeds, and the model says whether the answers fit that order.
 */
import type { Action, ObjectKind } from './history.ts';

/** What an operation asked and was told; an `Operation` is one. */
export interface Deed {
  action: Action;
  value?: string;
  /** cas: replaces the value only if it is this one. */
  expected?: string;
  /** set: all of the new state, of an object that holds several values. */
  state?: readonly string[];
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

/** One value, or none. To add to it is to set it, to remove from it is to unset it. */
const register: Model = {
  initial: (values = EMPTY) => values,
  step(state, { action, value, expected, saw = EMPTY }) {
    if (action === 'read') return alike(saw, state) ? state : undefined;
    if (action === 'cas' && (state.length === 0 || state[0] !== expected)) return undefined;
    return action === 'remove' || action === 'clear' || value === undefined ? EMPTY : [value];
  },
  key,
  describe: ([value]) => value ?? 'unset',
};

/** A number. An increment without a value is by one. */
const counter: Model = {
  initial: ([value = '0']: State = EMPTY) => [String(Number(value))],
  step(state, { action, value, saw = EMPTY }) {
    const [shown = '0'] = saw;
    if (action === 'read') return Number(shown) === Number(state[0]) ? state : undefined;
    if (action === 'clear') return ['0'];
    if (action === 'set') return [String(Number(value ?? '0'))];
    const by = Number(value ?? '1');
    return [String(Number(state[0]) + (action === 'remove' ? -by : by))];
  },
  key,
  describe: ([value]) => value ?? '0',
};

/** Several values. What differs between the kinds is how they are put in order, and what a second one does. */
const collection = (ordered: (values: readonly string[]) => State, add: Model['step']): Model => ({
  initial: (values = EMPTY) => ordered(values),
  step(state, deed) {
    const { action, value } = deed;
    if (action === 'read') return alike(ordered(deed.saw ?? EMPTY), state) ? state : undefined;
    if (action === 'clear') return EMPTY;
    if (action === 'set') return ordered(deed.state ?? (value === undefined ? EMPTY : [value]));
    if (action !== 'remove') return add(state, deed);
    const at = value === undefined ? -1 : state.indexOf(value);
    return at < 0 ? state : state.filter((_, i) => i !== at);
  },
  key,
  describe: state => `[${state.join(', ')}]`,
});

const sorted = (values: readonly string[]): State => [...values].sort();

const withValue: Model['step'] = (state, { value }) => (value === undefined ? state : [...state, value]);

/** A value is in it or not; a read that shows one twice says no more than that it is there. */
const set = collection(
  values => [...new Set(values)].sort(),
  (state, { value }) => (value === undefined || state.includes(value) ? state : sorted([...state, value])),
);

/** A value may be in it several times, a removal takes out one; the order in which it is shown means nothing. */
const bag = collection(sorted, (state, deed) => sorted(withValue(state, deed) ?? state));

/** Values in the order of their adds. */
const list = collection(values => values, withValue);

export const MODELS: Readonly<Record<ObjectKind, Model>> = { register, counter, set, bag, list };
