/**
 * Decides linearizability without a search if all values are unique and are only added (in a register: set). Then the
 * reads determine the order. If a read shows the value of an operation without a response, the operation has
 * happened. If no read shows the value, the operation counts as never happened.
 */
import type { ObjectKind } from '../history/history.ts';
import { effectOf, type ObjectOperation, putsIn } from '../objects/models.ts';
import type { Interval } from './decision.ts';

type Direct = { verdict: 'ok' } | { verdict: 'violated'; culprit: number; placed: readonly number[] };

const OK: Direct = { verdict: 'ok' };
const violated = (culprit: number): Direct => ({ verdict: 'violated', culprit, placed: [] });

/** Stands for the index of the write of an initial value, which is not in the history. */
const BEFORE = -1;

/** The number of each value, and the operation that wrote each value. */
interface Writes {
  numbers: ReadonlyMap<string, number>;
  operations: readonly number[];
}

/** @returns the decision; undefined if there are other kinds of operations. `placed` of a violation is empty */
export function direct(
  kind: ObjectKind,
  initial: readonly string[] | undefined,
  operations: readonly Interval[],
): Direct | undefined {
  if (kind === 'counter') return undefined;
  const writes = writesOf(kind, initial ?? [], operations);
  if (writes === undefined) return undefined;
  return kind === 'register'
    ? register(initial?.[0], writes, operations)
    : growing(kind, initial ?? [], writes, operations);
}

function writesOf(
  kind: ObjectKind,
  initial: readonly string[],
  operations: readonly Interval[],
): Writes | undefined {
  const numbers = new Map<string, number>();
  const by: number[] = [];
  for (const value of initial) {
    if (numbers.has(value)) return undefined;
    numbers.set(value, by.push(BEFORE) - 1);
  }
  for (let i = 0; i < operations.length; i++) {
    const { operation } = operations[i] as Interval;
    if (operation.action === 'read') continue;
    const value = plainWrite(kind, operation);
    if (value === undefined || numbers.has(value)) return undefined;
    numbers.set(value, by.push(i) - 1);
  }
  return { numbers, operations: by };
}

/** @returns the value that an operation adds, or sets a register to; undefined if it does something else */
function plainWrite(kind: ObjectKind, operation: ObjectOperation): string | undefined {
  const effect = effectOf(kind, operation);
  if (effect?.does === 'adds') return effect.value;
  return kind === 'register' && operation.action !== 'cas' ? putsIn(effect)[0] : undefined;
}

/**
 * Decides a set, list or bag that only grows, so that each state contains all smaller ones. Every operation gets a
 * slot: an add lies between the last state without its value and the first one with it, or in the last slot if no read
 * shows the value. The history is linearizable if and only if the order of the slots agrees with the times.
 */
function growing(
  kind: ObjectKind,
  initial: readonly string[],
  writes: Writes,
  operations: readonly Interval[],
): Direct {
  const reads: number[] = [];
  for (let i = 0; i < operations.length; i++) {
    const { return: end, operation } = operations[i] as Interval;
    if (operation.action === 'read' && end !== Number.POSITIVE_INFINITY) reads.push(i);
  }
  const saw = (i: number): readonly string[] => operations[i]?.operation.saw ?? [];
  const sizes = reads.map(i => (kind === 'set' ? new Set(saw(i)).size : saw(i).length));
  const order = reads.map((_, nth) => nth).sort((a, b) => (sizes[a] as number) - (sizes[b] as number));

  const growth = new Growth(kind, writes);
  growth.extend(initial);
  const slots = new Int32Array(operations.length).fill(-1);
  let slot = 0;
  for (const nth of order) {
    const read = reads[nth] as number;
    const fresh = growth.extend(saw(read));
    if (fresh === undefined) return violated(read);
    for (const [i, number] of fresh.entries()) {
      if (kind === 'list' || i === 0) slot++;
      slots[writes.operations[number] as number] = slot;
    }
    if (fresh.length > 0) slot++;
    slots[read] = slot;
  }
  for (const i of writes.operations) {
    if (i !== BEFORE && slots[i] === -1 && operations[i]?.return !== Number.POSITIVE_INFINITY)
      slots[i] = slot + 1;
  }
  return inTime(slots, slot + 2, operations);
}

/** The states of an object that grows, the smallest first. */
class Growth {
  readonly #kind: ObjectKind;
  readonly #numbers: ReadonlyMap<string, number>;
  /** By value: its place in the state; −1 if the state does not have the value. */
  readonly #places: Int32Array;
  /** By value: the last state that has the value. */
  readonly #shown: Int32Array;
  #size = 0;
  #states = 0;

  constructor(kind: ObjectKind, { numbers }: Writes) {
    this.#kind = kind;
    this.#numbers = numbers;
    this.#places = new Int32Array(numbers.size).fill(-1);
    this.#shown = new Int32Array(numbers.size);
  }

  /** @returns the numbers of the values that are new in the state; undefined if the object cannot have grown to it */
  extend(state: readonly string[]): readonly number[] | undefined {
    this.#states++;
    const fresh: number[] = [];
    let old = 0;
    for (let place = 0; place < state.length; place++) {
      const number = this.#numbers.get(state[place] as string);
      if (number === undefined) return undefined;
      if (this.#shown[number] === this.#states) {
        if (this.#kind === 'set') continue;
        return undefined;
      }
      this.#shown[number] = this.#states;
      if (this.#places[number] === -1) fresh.push(number);
      else if (this.#kind === 'list' && this.#places[number] !== place) return undefined;
      else old++;
    }
    if (old !== this.#size) return undefined;
    for (const number of fresh) this.#places[number] = this.#size++;
    return fresh;
  }
}

/**
 * Decides whether the slots agree with the times: no operation returned before an operation of an earlier slot was
 * called.
 */
function inTime(slots: Int32Array, count: number, operations: readonly Interval[]): Direct {
  /** By slot: the operation with the last call. `firstReturn`: the time of the first return. */
  const lastCalled = new Int32Array(count).fill(-1);
  const firstReturn = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const call = (i: number): number => (i < 0 ? Number.NEGATIVE_INFINITY : (operations[i]?.call as number));
  for (let i = 0; i < operations.length; i++) {
    const slot = slots[i] as number;
    if (slot < 0) continue;
    const operation = operations[i] as Interval;
    if (operation.call > call(lastCalled[slot] as number)) lastCalled[slot] = i;
    firstReturn[slot] = Math.min(firstReturn[slot] as number, operation.return);
  }
  let latest = -1;
  for (let slot = 0; slot < count; slot++) {
    if ((firstReturn[slot] as number) < call(latest)) return violated(latest);
    const here = lastCalled[slot] as number;
    if (call(here) > call(latest)) latest = here;
  }
  return OK;
}

/** The time from the first return to the last call of the operations on one value of a register. */
interface Zone {
  first: number;
  last: number;
  /** The operation with the last call. */
  latest: number;
}

/**
 * Decides a register with unique values by the zones of Gibbons and Korach, "Testing shared memories" (1997). Of two
 * values, one must come before the other. No order exists if and only if each value has an operation that returned
 * before an operation of the other value was called. Then either both zones run forward (first < last) and overlap,
 * or one zone lies within another one that runs forward.
 */
function register(initial: string | undefined, writes: Writes, operations: readonly Interval[]): Direct {
  const zones: (Zone | undefined)[] = [];
  const unset = writes.operations.length;
  const start = initial === undefined ? unset : (writes.numbers.get(initial) as number);
  zones[start] = { first: Number.NEGATIVE_INFINITY, last: Number.NEGATIVE_INFINITY, latest: -1 };
  for (let i = 0; i < operations.length; i++) {
    const { call, return: end, operation } = operations[i] as Interval;
    const reading = operation.action === 'read';
    if (reading && end === Number.POSITIVE_INFINITY) continue;
    const value = reading ? operation.saw?.[0] : operation.value;
    const number = value === undefined ? unset : writes.numbers.get(value);
    if (number === undefined || (number === unset && start !== unset)) return violated(i);
    const write = writes.operations[number] ?? BEFORE;
    if (reading && write !== BEFORE && end < (operations[write]?.call as number)) return violated(i);
    zones[number] ??= { first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY, latest: -1 };
    const zone = zones[number];
    zone.first = Math.min(zone.first, end);
    if (call > zone.last) {
      zone.last = call;
      zone.latest = i;
    }
  }
  return apart(zones.filter(zone => zone !== undefined && zone.first < Number.POSITIVE_INFINITY) as Zone[]);
}

/** Decides whether the zones of all values can be put in an order. */
function apart(zones: readonly Zone[]): Direct {
  const later = (a: Zone, b: Zone): Direct => violated(a.last > b.last ? a.latest : b.latest);
  const forward = zones.filter(zone => zone.first < zone.last).sort((a, b) => a.first - b.first);
  for (let i = 1; i < forward.length; i++) {
    const [a, b] = [forward[i - 1] as Zone, forward[i] as Zone];
    if (b.first < a.last) return later(a, b);
  }
  for (const zone of zones) {
    if (zone.first < zone.last) continue;
    const around = lastBefore(forward, zone.last);
    if (around !== undefined && zone.first < around.last) return later(around, zone);
  }
  return OK;
}

/** @returns the last zone that begins before the time; the zones must be in order */
function lastBefore(zones: readonly Zone[], time: number): Zone | undefined {
  let [low, high] = [0, zones.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((zones[middle] as Zone).first < time) low = middle + 1;
    else high = middle;
  }
  return zones[low - 1];
}
