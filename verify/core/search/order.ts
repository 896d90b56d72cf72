/** Defines the tables of a search: numbered operations, and linked lists of operations outside the order. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Interval } from './decision.ts';
import type { Transitions } from './transitions.ts';

/** Doubly linked lists of numbers ("dancing links", Knuth 2000), whose removed members can be put back. */
class Links {
  readonly #next: Int32Array;
  readonly #previous: Int32Array;

  constructor(size: number) {
    this.#next = new Int32Array(size);
    this.#previous = new Int32Array(size);
  }

  /** Makes a circular list of the members. The number `end` is between the last and the first member. */
  chain(members: readonly number[], end: number): this {
    let last = end;
    for (const member of members) {
      this.#next[last] = member;
      this.#previous[member] = last;
      last = member;
    }
    this.#next[last] = end;
    this.#previous[end] = last;
    return this;
  }

  next(member: number): number {
    return this.#next[member] as number;
  }

  previous(member: number): number {
    return this.#previous[member] as number;
  }

  take(member: number): void {
    const next = this.next(member);
    const previous = this.previous(member);
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }

  restore(member: number): void {
    this.#next[this.previous(member)] = member;
    this.#previous[this.next(member)] = member;
  }
}

/**
 * When the search may add an operation without a response. `no`: at any position. `alone`: only one operation, directly
 * before a response that is impossible without it. `together`: also several operations, directly before a response that
 * is impossible without them.
 */
export type PuttingOff = 'no' | 'together' | 'alone';

/** Equal operations without a response, in the order of their calls. */
export interface Unsure {
  kind: number;
  calls: number[];
  operations: number[];
}

/** Numbers operations with a response by call, from 0 to `end` − 1. Equal operations share a class (`kind`). */
export class Tables {
  readonly end: number;
  readonly sure: readonly number[];
  readonly unsure: readonly Unsure[];
  readonly calls: Float64Array;
  readonly returns: Float64Array;
  /** For each operation o: the latest return of all operations that were called before o returned. */
  readonly latest: Float64Array;
  readonly kinds: Int32Array;
  /** For each operation: 1 if the search adds it as soon as it leaves the state unchanged, else 0. */
  readonly idle: Uint8Array;
  readonly byCall: Links;
  readonly byReturn: Links;
  readonly twins: Links;

  constructor(operations: readonly Interval[], transitions: Transitions) {
    const byCall = operations.map((_, i) => i);
    byCall.sort((a, b) => (operations[a]?.call as number) - (operations[b]?.call as number));
    const hasReturn = (i: number): boolean => operations[i]?.return !== Number.POSITIVE_INFINITY;
    this.sure = byCall.filter(hasReturn);
    const unsure = byCall.filter(i => !hasReturn(i));
    this.unsure = groupsOf(unsure, operations, transitions);
    const end = this.sure.length;
    const happened = this.sure.map(i => operations[i] as Interval);
    this.end = end;
    this.calls = Float64Array.from(happened, ({ call }) => call);
    this.returns = Float64Array.from([...happened.map(of => of.return), Number.POSITIVE_INFINITY]);
    this.kinds = Int32Array.from(happened, ({ operation }) => transitions.classOf(operation));
    this.idle = Uint8Array.from(happened, ({ operation }) => Number(transitions.isIdle(operation)));
    const order = happened.map((_, i) => i);
    this.byCall = new Links(end + 1).chain(order, end);
    order.sort((a, b) => (this.returns[a] as number) - (this.returns[b] as number) || a - b);
    this.latest = latestReturns(order, this.calls, this.returns);
    this.byReturn = new Links(end + 1).chain(order, end);
    this.twins = twins(order, this.kinds, end);
  }
}

function latestReturns(order: readonly number[], calls: Float64Array, returns: Float64Array): Float64Array {
  const latest = new Float64Array(returns.length).fill(Number.POSITIVE_INFINITY);
  let called = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const i of order) {
    while (called < calls.length && (calls[called] as number) <= (returns[i] as number))
      last = Math.max(last, returns[called++] as number);
    latest[i] = last;
  }
  return latest;
}

function byClass(operations: readonly number[], classOf: (i: number) => number): Map<number, number[]> {
  const classes = new Map<number, number[]>();
  for (const i of operations) getOrInsert(classes, classOf(i), () => []).push(i);
  return classes;
}

/** Groups equal writes without a response. Skips reads without a response, because they prove nothing. */
function groupsOf(
  unsure: readonly number[],
  operations: readonly Interval[],
  transitions: Transitions,
): Unsure[] {
  const at = (i: number): Interval => operations[i] as Interval;
  const writes = unsure.filter(i => at(i).operation.action !== 'read');
  const classes = byClass(writes, i => transitions.classOf(at(i).operation));
  return [...classes].map(([kind, all]) => ({ kind, operations: all, calls: all.map(i => at(i).call) }));
}

/** Makes a circular list for each class of operations, by return. The list of class c ends with `end + 1 + c`. */
function twins(byReturn: readonly number[], kinds: Int32Array, end: number): Links {
  const most = kinds.reduce((one, other) => Math.max(one, other), 0);
  const links = new Links(end + 2 + most);
  for (const [kind, members] of byClass(byReturn, i => kinds[i] as number))
    links.chain(members, end + 1 + kind);
  return links;
}

/** Converts numbers to indexes in the history. A number −1 − c is an operation of class c without a response. */
export function namesOf(placed: readonly number[], { sure, unsure }: Tables): number[] {
  const used = new Map<number, number>();
  return placed.map(entry => {
    if (entry >= 0) return sure[entry] as number;
    const nth = used.get(entry) ?? 0;
    used.set(entry, nth + 1);
    return unsure[-1 - entry]?.operations[nth] as number;
  });
}
