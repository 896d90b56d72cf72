/**
 * Defines the effect of each action on an object. No other code knows what add, remove, set, cas, increment and clear
 * do.
 */
import type { Action, ObjectKind } from '../history/history.ts';

/** The change that an operation requests. */
export interface Change {
  action: Action;
  value?: string;
  /** cas: the change happens only if the object holds this value. */
  expected?: string;
  /** set: the whole content of a collection afterwards. */
  state?: readonly string[];
}

export type Effect =
  /** Adds a value to a collection. */
  | { does: 'adds'; value: string }
  /** Removes a value from a collection. */
  | { does: 'removes'; value: string }
  /** Replaces the whole content by these values. With `expected`: only if the object holds that value. */
  | { does: 'replaces'; values: readonly string[]; expected?: string | undefined }
  /** Changes a counter by a number. */
  | { does: 'counts'; by: number };

const NOTHING: readonly string[] = [];
const ZERO: readonly string[] = ['0'];

const CHANGES: ReadonlySet<Action> = new Set(['add', 'remove', 'set', 'cas', 'increment', 'clear']);

/** Returns whether the operation may change an object. */
export const changesData = ({ action }: { action: Action }): boolean => CHANGES.has(action);

/** Returns what a change does to an object of a kind; undefined if it does nothing. */
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

/** Returns the effect on a counter. A change without a number changes it by one. */
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

/** Returns the count in a state of a counter; 0 if the state shows nothing. */
export const countOf = (state: readonly string[] | undefined): number => numberOf(state?.[0], 0);

/** Returns whether a change may remove this value if another change added it. */
export function takesOut(effect: Effect | undefined, value: string): boolean {
  if (effect?.does === 'removes') return effect.value === value;
  return effect?.does === 'replaces' && !effect.values.includes(value);
}

/** Returns the values that a change puts into a collection or register. */
export function putsIn(effect: Effect | undefined): readonly string[] {
  if (effect?.does === 'adds') return [effect.value];
  return effect?.does === 'replaces' ? effect.values : NOTHING;
}

/** Returns whether the change only makes a counter larger. */
export const rises = (effect: Effect | undefined): boolean => effect?.does === 'counts' && effect.by >= 0;
