/** Defines what each action does to each kind of object. */
import type { Action, Called, ObjectKind } from '../history/history.ts';

export type Change = Pick<Called, 'action' | 'value' | 'expected' | 'state'>;

export type Effect =
  | { does: 'adds'; value: string }
  | { does: 'removes'; value: string }
  /** Replaces the whole content; with `expected`, only if the object holds the value `expected`. */
  | { does: 'replaces'; values: readonly string[]; expected?: string | undefined }
  | { does: 'counts'; by: number };

const NOTHING: readonly string[] = [];
const ZERO: readonly string[] = ['0'];

const CHANGES: ReadonlySet<Action> = new Set(['add', 'remove', 'set', 'cas', 'increment', 'clear']);

export const isWrite = ({ action }: { action: Action }): boolean => CHANGES.has(action);

export function effectOf(kind: ObjectKind, change: Change): Effect | undefined {
  if (!CHANGES.has(change.action)) return undefined;
  if (kind === 'register') return onRegister(change);
  return kind === 'counter' ? onCounter(change) : onCollection(change);
}

function onRegister({ action, value, expected }: Change): Effect {
  const unsets = action === 'remove' || action === 'clear' || value === undefined;
  const values = unsets ? NOTHING : [value];
  return action === 'cas' ? { does: 'replaces', values, expected } : { does: 'replaces', values };
}

function onCounter({ action, value }: Change): Effect {
  if (action === 'clear') return { does: 'replaces', values: ZERO };
  if (action === 'set') return { does: 'replaces', values: [String(numberOf(value, 0))] };
  const by = numberOf(value, 1);
  return { does: 'counts', by: action === 'remove' ? -by : by };
}

function onCollection({ action, value, state }: Change): Effect | undefined {
  if (action === 'clear') return { does: 'replaces', values: NOTHING };
  if (action === 'set')
    return { does: 'replaces', values: state ?? (value === undefined ? NOTHING : [value]) };
  if (value === undefined) return undefined;
  return action === 'remove' ? { does: 'removes', value } : { does: 'adds', value };
}

const numberOf = (value: string | undefined, absent: number): number =>
  value === undefined || value === '' ? absent : Number(value);

export const countOf = (state: readonly string[] | undefined): number => numberOf(state?.[0], 0);

/** Returns the value that reads show after the change; undefined for a removal or an increment. */
export const shownValue = ({ action, value }: Change): string | undefined =>
  action === 'remove' || action === 'increment' ? undefined : value;

export function putsIn(effect: Effect | undefined): readonly string[] {
  if (effect?.does === 'adds') return [effect.value];
  return effect?.does === 'replaces' ? effect.values : NOTHING;
}

/** Returns how often the list contains each value. */
export function occurrences(values: readonly string[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  return times;
}

/** Returns whether the change adds a value, or can only make a counter larger. */
export const isAdd = (effect: Effect | undefined): boolean => effect?.does === 'adds' || rises(effect);

/** Returns whether the change can only make a counter larger. */
export const rises = (effect: Effect | undefined): boolean => effect?.does === 'counts' && effect.by >= 0;

/** `saw`: the values that a read shows. A counter or register shows one value, an unset register none. */
export type ObjectOperation = Change & { saw?: readonly string[] };

/** The values of an object. Equal states have the same values in the same order. */
export type State = readonly string[];

export interface Model {
  /** Returns the initial state; by default no value, or 0 for a counter. */
  initial(values?: readonly string[]): State;
  step(state: State, operation: ObjectOperation): State | undefined;
  describe(state: State): string;
}

export function alike(a: State, b: State): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Returns a text that is equal for equal states, and different for different states. */
export const keyOf = (state: State): string => (state.length === 1 ? `=${state[0]}` : JSON.stringify(state));

/**
 * Makes the model of one kind of object.
 *
 * @param normal returns the state for the values that a write sets or a read shows
 * @param changed returns the state after an add, removal or increment
 */
const modelOf = (
  kind: ObjectKind,
  normal: (values: readonly string[]) => State,
  changed: (state: State, effect: Effect) => State,
  describe: Model['describe'],
): Model => ({
  initial: (values = NOTHING) => normal(values),
  step(state, operation) {
    if (operation.action === 'read')
      return alike(normal(operation.saw ?? NOTHING), state) ? state : undefined;
    const effect = effectOf(kind, operation);
    if (effect === undefined) return state;
    if (effect.does !== 'replaces') return changed(state, effect);
    const refused = operation.action === 'cas' && (state.length === 0 || state[0] !== effect.expected);
    return refused ? undefined : normal(effect.values);
  },
  describe,
});

/** Makes the model of a set, bag or list. They differ in order and in repeated values. A removal removes one value. */
const collection = (kind: ObjectKind, normal: (values: readonly string[]) => State): Model =>
  modelOf(
    kind,
    normal,
    (state, effect) => {
      if (effect.does === 'adds') return normal([...state, effect.value]);
      const at = effect.does === 'removes' ? state.indexOf(effect.value) : -1;
      return at < 0 ? state : state.filter((_, i) => i !== at);
    },
    state => `[${state.join(', ')}]`,
  );

export const MODELS: Readonly<Record<ObjectKind, Model>> = {
  register: modelOf(
    'register',
    values => values,
    state => state,
    ([value]) => value ?? 'unset',
  ),
  counter: modelOf(
    'counter',
    values => [String(countOf(values))],
    (state, effect) => (effect.does === 'counts' ? [String(countOf(state) + effect.by)] : state),
    ([value]) => value ?? '0',
  ),
  // A read may show a value of a set several times.
  set: collection('set', values => [...new Set(values)].sort()),
  bag: collection('bag', values => [...values].sort()),
  list: collection('list', values => values),
};
