/** Decides linearizability without a search if each value is written once: then reads show the order of the writes. */
import type { ObjectKind } from '../history/history.ts';
import { effectOf, type ObjectOperation, putsIn } from '../objects/models.ts';
import type { Interval, ObjectHistory } from './decision.ts';

type Direct = { verdict: 'ok' } | { verdict: 'violated'; culprit: number; placed: readonly number[] };

const OK: Direct = { verdict: 'ok' };
const violated = (culprit: number): Direct => ({ verdict: 'violated', culprit, placed: [] });

const BEFORE = -1;

interface Writes {
  numbers: ReadonlyMap<string, number>;
  operations: readonly number[];
}

/** Decides linearizability; returns undefined if a value is written twice, or not by an add or set. */
export function direct(history: ObjectHistory): Direct | undefined {
  if (history.kind === 'counter') return undefined;
  const writes = writesOf(history);
  if (writes === undefined) return undefined;
  return history.kind === 'register' ? register(history, writes) : growing(history, writes);
}

function writesOf({ kind, initial, operations }: ObjectHistory): Writes | undefined {
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

function plainWrite(kind: ObjectKind, operation: ObjectOperation): string | undefined {
  const effect = effectOf(kind, operation);
  if (effect?.does === 'adds') return effect.value;
  return kind === 'register' && operation.action !== 'cas' ? putsIn(effect)[0] : undefined;
}

/**
 * Decides a set, list or bag that only grows. Reads with more values come later, and an add comes before the first read
 * that shows its value. The operations are linearizable if and only if this order agrees with their times.
 */
function growing({ kind, initial, operations }: ObjectHistory, writes: Writes): Direct {
  const reads = operations.flatMap(({ return: end, operation }, i) =>
    operation.action === 'read' && end !== Number.POSITIVE_INFINITY ? [i] : [],
  );
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

/** Checks that each state contains all values of the state before it. */
class Growth {
  readonly #kind: ObjectKind;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #places: Int32Array;
  readonly #shown: Int32Array;
  #size = 0;
  #states = 0;

  constructor(kind: ObjectKind, { numbers }: Writes) {
    this.#kind = kind;
    this.#numbers = numbers;
    this.#places = new Int32Array(numbers.size).fill(-1);
    this.#shown = new Int32Array(numbers.size);
  }

  /** Returns the numbers of the values added since the previous state; undefined if adds cannot explain it. */
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

/** `slots`: positions of the operations. No operation may return before one at an earlier position is called. */
function inTime(slots: Int32Array, count: number, operations: readonly Interval[]): Direct {
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

/** A value's zone: between the earliest return and the latest call of its operations. Backward if the call is first. */
interface Zone {
  first: number;
  last: number;
  latest: number;
}

const newZone = (): Zone => ({ first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY, latest: -1 });

/**
 * Decides a register in which each value is written once. Compares the zones of its values: no valid order exists if
 * and only if two forward zones overlap, or a backward zone lies inside a forward one. Source: Gibbons and Korach,
 * "Testing shared memories" (1997).
 */
function register({ initial: [first], operations }: ObjectHistory, writes: Writes): Direct {
  const zones: (Zone | undefined)[] = [];
  const unset = writes.operations.length;
  const start = first === undefined ? unset : (writes.numbers.get(first) as number);
  zones[start] = { ...newZone(), first: Number.NEGATIVE_INFINITY };
  for (let i = 0; i < operations.length; i++) {
    const { call, return: end, operation } = operations[i] as Interval;
    const reading = operation.action === 'read';
    if (reading && end === Number.POSITIVE_INFINITY) continue;
    const value = reading ? operation.saw?.[0] : operation.value;
    const number = value === undefined ? unset : writes.numbers.get(value);
    if (number === undefined || (number === unset && start !== unset)) return violated(i);
    const write = writes.operations[number] ?? BEFORE;
    if (reading && write !== BEFORE && end < (operations[write]?.call as number)) return violated(i);
    zones[number] ??= newZone();
    const zone = zones[number];
    zone.first = Math.min(zone.first, end);
    if (call > zone.last) {
      zone.last = call;
      zone.latest = i;
    }
  }
  return apart(zones.filter(zone => zone !== undefined && zone.first < Number.POSITIVE_INFINITY) as Zone[]);
}

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

function lastBefore(zones: readonly Zone[], time: number): Zone | undefined {
  let [low, high] = [0, zones.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((zones[middle] as Zone).first < time) low = middle + 1;
    else high = middle;
  }
  return zones[low - 1];
}
