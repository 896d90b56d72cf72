/** Generates small random histories of one object, most with one to three errors. */
import type { Action, ObjectKind } from '../history/history.ts';
import { MODELS, type ObjectOperation, type State } from '../objects/models.ts';
import type { Interval } from '../search/decision.ts';

/** Returns a random whole number below the bound; equal seeds give equal sequences (mulberry32). */
export type Draw = (bound: number) => number;

export function drawing(seed: number): Draw {
  let state = seed | 0;
  return bound => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

export interface Drawn {
  kind: ObjectKind;
  initial: string[];
  operations: Interval[];
}

const updates: Record<ObjectKind, readonly Action[]> = {
  register: ['set', 'set', 'set', 'cas', 'cas', 'clear'],
  counter: ['increment', 'increment', 'increment', 'set', 'clear'],
  set: ['add', 'add', 'add', 'remove', 'clear', 'set'],
  list: ['add', 'add', 'add', 'remove', 'clear', 'set'],
  bag: ['add', 'add', 'add', 'remove', 'clear', 'set'],
};

/** @param unique true if every value is written only once */
export function drawHistory(
  kind: ObjectKind,
  size: number,
  unique: boolean,
  draw: Draw,
  writes: readonly Action[] = unique ? updates[kind].slice(0, 1) : updates[kind],
): Drawn {
  const model = MODELS[kind];
  const value = (): string => (unique ? `v${++values}` : String(1 + draw(3)));
  let values = 0;
  const initial = draw(3) > 0 ? [] : kind === 'counter' ? ['2'] : [value()];
  let state: State = model.initial(initial);
  const operations: Interval[] = [];
  /** Range of the random times. In a small range, an operation often begins exactly when another operation ends. */
  const span = 1 + draw(1 + draw(3 * size));
  for (let i = 0; i < size; i++) {
    const at = i * 2;
    const reads = draw(2) > 0;
    const action = reads ? 'read' : writes.length === 1 ? (writes[0] as Action) : among(writes, draw);
    const operation: ObjectOperation = { action };
    if (action === 'read') operation.saw = state;
    else if (action !== 'clear') operation.value = value();
    if (action === 'cas') operation.expected = draw(2) > 0 ? (state[0] ?? '1') : value();
    if (action === 'set' && kind !== 'register' && kind !== 'counter') operation.state = [value(), value()];
    const after = model.step(state, operation);
    const info = action !== 'read' && draw(4) === 0;
    // An impossible operation without a response had no effect.
    if (after === undefined && !info) continue;
    if (after !== undefined && (!info || draw(2) > 0)) state = after;
    operations.push({
      call: at - draw(span),
      return: info ? Number.POSITIVE_INFINITY : at + draw(span),
      operation,
    });
  }
  for (let damages = draw(4); damages > 0; damages--) damage(operations, draw);
  return { kind, initial, operations };
}

const among = <T>(choices: readonly T[], draw: Draw): T => choices[draw(choices.length)] as T;

/** Changes the result or the times of one operation, as a faulty store would. */
function damage(operations: Interval[], draw: Draw): void {
  const interval = operations[draw(operations.length)];
  if (interval === undefined || interval.return === Number.POSITIVE_INFINITY) return;
  const { operation } = interval;
  const { saw = [] } = among(operations, draw).operation;
  const how = draw(4);
  if (operation.action === 'read' && how < 2) interval.operation = { ...operation, saw };
  else if (operation.action === 'read' && how < 3)
    interval.operation = { ...operation, saw: altered(operation.saw ?? [], draw) };
  else {
    interval.call += draw(13) - 6;
    interval.return = interval.call + draw(4);
  }
}

function altered(saw: readonly string[], draw: Draw): string[] {
  const how = draw(3);
  if (how === 0) return saw.slice(draw(2));
  if (how === 1) return [...saw].reverse();
  return saw.length === 1 ? [String(Number(saw[0]) + 1)] : [...saw, saw[0] ?? '1'];
}
