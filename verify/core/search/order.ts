/** Tables of a search: its operations by number, and lists of those that are not in the order yet. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Interval } from './decision.ts';
import { Links } from './links.ts';
import type { Transitions } from './transitions.ts';

/**
 * How long the search may put off an operation without a response. `together`: until a response is impossible without
 * it; several such operations may then come just before this response. `alone`: the same, but only one may come,
 * because a second one would overwrite the first.
 */
export type PuttingOff = 'no' | 'together' | 'alone';

/** Equal operations without a response, such as two adds of one value, in the order of their calls. */
export interface Unsure {
  kind: number;
  calls: number[];
  operations: number[];
}

/**
 * Operations with a response are numbered from 0 to `end` − 1, in the order of their calls. Equal operations, such as
 * two reads that show the same, are one class.
 */
export class Tables {
  readonly end: number;
  /** For each operation, by number: its index in the history. */
  readonly sure: readonly number[];
  readonly unsure: readonly Unsure[];
  readonly calls: Float64Array;
  readonly returns: Float64Array;
  /** For each operation, by number: the latest return of the operations that were called before it returned. */
  readonly latest: Float64Array;
  /**
   * For each operation, by number: its class. `idle`: 1 if it may enter the order at once when the state stays the
   * same.
   */
  readonly kinds: Int32Array;
  readonly idle: Uint8Array;
  /** The operations that are not in the order yet, by call, and by return. `twins`: those of each class, by return. */
  readonly byCall: Links;
  readonly byReturn: Links;
  readonly twins: Links;

  constructor(operations: readonly Interval[], transitions: Transitions) {
    this.sure = sureOnes(operations);
    this.unsure = unsureOnes(operations, transitions);
    const end = this.sure.length;
    const happened = this.sure.map(i => operations[i] as Interval);
    this.end = end;
    this.calls = Float64Array.from(happened, ({ call }) => call);
    // When no operation is left, no return limits what may come next.
    this.returns = Float64Array.from([...happened.map(of => of.return), Number.POSITIVE_INFINITY]);
    this.latest = latestReturns(this.calls, this.returns);
    this.kinds = Int32Array.from(happened, ({ operation }) => transitions.classOf(operation));
    this.idle = Uint8Array.from(happened, ({ operation }) => Number(transitions.isIdle(operation)));
    const order = happened.map((_, i) => i);
    this.byCall = new Links(end + 1).chain(order, end);
    order.sort((a, b) => (this.returns[a] as number) - (this.returns[b] as number) || a - b);
    this.byReturn = new Links(end + 1).chain(order, end);
    this.twins = twins(order, this.kinds, end);
  }
}

function latestReturns(calls: Float64Array, returns: Float64Array): Float64Array {
  const latest = new Float64Array(returns.length).fill(Number.POSITIVE_INFINITY);
  const byReturn = Array.from(calls, (_, i) => i).sort(
    (a, b) => (returns[a] as number) - (returns[b] as number),
  );
  let called = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const i of byReturn) {
    while (called < calls.length && (calls[called] as number) <= (returns[i] as number))
      last = Math.max(last, returns[called++] as number);
    latest[i] = last;
  }
  return latest;
}

/** The operations with a response, in the order of their calls. */
function sureOnes(operations: readonly Interval[]): number[] {
  const sure: number[] = [];
  operations.forEach((operation, i) => {
    if (operation.return !== Number.POSITIVE_INFINITY) sure.push(i);
  });
  return sure.sort((a, b) => (operations[a]?.call as number) - (operations[b]?.call as number));
}

/** The writes without a response, by class. Reads without a response prove nothing. */
function unsureOnes(operations: readonly Interval[], transitions: Transitions): Unsure[] {
  const classes = new Map<number, Unsure>();
  const unsure = operations.map((_, i) => i).filter(i => operations[i]?.return === Number.POSITIVE_INFINITY);
  unsure.sort((a, b) => (operations[a]?.call as number) - (operations[b]?.call as number));
  for (const i of unsure) {
    const { call, operation } = operations[i] as Interval;
    if (operation.action === 'read') continue;
    const kind = transitions.classOf(operation);
    const of = getOrInsert(classes, kind, () => ({ kind, calls: [], operations: [] }));
    of.calls.push(call);
    of.operations.push(i);
  }
  return [...classes.values()];
}

/** Makes a list for each class, sorted by return. The number `end + 1 + c` ends the list of class c. */
function twins(byReturn: readonly number[], kinds: Int32Array, end: number): Links {
  const classes = new Map<number, number[]>();
  let most = 0;
  for (const i of byReturn) {
    const kind = kinds[i] as number;
    most = Math.max(most, kind);
    getOrInsert(classes, kind, () => []).push(i);
  }
  const links = new Links(end + 2 + most);
  for (const [kind, members] of classes) links.chain(members, end + 1 + kind);
  return links;
}

/** The operation that returned first, of those that are not in the order. */
export function firstLeft(placed: ReadonlySet<number>, returns: Float64Array, end: number): number {
  let first = -1;
  for (let i = 0; i < end; i++) {
    if (placed.has(i)) continue;
    if (first < 0 || (returns[i] as number) < (returns[first] as number)) first = i;
  }
  return first;
}

/** Converts an order to indexes in the history. In it, an operation without a response is −1 minus its class. */
export function namesOf(placed: readonly number[], { sure, unsure }: Tables): number[] {
  const used = new Map<number, number>();
  return placed.map(entry => {
    if (entry >= 0) return sure[entry] as number;
    const nth = used.get(entry) ?? 0;
    used.set(entry, nth + 1);
    return unsure[-1 - entry]?.operations[nth] as number;
  });
}
