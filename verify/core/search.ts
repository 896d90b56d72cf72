/**
 * Searches an order of operations in which each takes effect at one point of its interval and every answer fits:
 * Wing and Gong, "Testing and verifying concurrent objects" (1993), with the memory of configurations of Lowe,
 * "Testing for linearizability" (2017). On top of it:
 *
 * - equal operations are placed in the order of their returns: to swap two of them makes the later one's deadline
 *   no tighter (the exchange argument of earliest-deadline-first)
 * - operations that nobody acknowledged are tried last, and those of a class in the order of their calls; where
 *   the kind allows (`PuttingOff`), only right before an answer that is impossible without them
 */
import type { Decision, Interval } from './linearizability.ts';
import type { Links } from './links.ts';
import type { Model, State } from './models.ts';
import {
  firstLeft,
  inOrder,
  type PuttingOff,
  sureOnes,
  twins,
  type Unsure,
  unsureOnes,
} from './search-order.ts';
import { type Configuration, Seen } from './seen.ts';
import { REFUSED, Transitions } from './transitions.ts';

/** Bytes that the memory of configurations may take before the search gives up. */
const MEMORY = 512 * 1024 * 1024;
/** Values in all states together, likewise. */
const VALUES = 20_000_000;
const NO_CHAIN = -1;

/** @param budget how many placements are tried before the answer is `unknown` */
export function search(
  model: Model,
  initial: State,
  operations: readonly Interval[],
  puttingOff: PuttingOff,
  budget: number,
): Decision {
  return new Search(model, initial, operations, puttingOff).run(budget);
}

class Search {
  readonly #transitions: Transitions;
  readonly #puttingOff: PuttingOff;
  /** Acknowledged operations in the order of their calls: everything below is by place in it. */
  readonly #sure: readonly number[];
  readonly #unsure: readonly Unsure[];
  readonly #calls: Float64Array;
  readonly #returns: Float64Array;
  readonly #kinds: Int32Array;
  /** Those not placed: in the order of calls, of returns, and of returns within a class. */
  readonly #byCall: Links;
  readonly #byReturn: Links;
  readonly #twins: Links;
  readonly #seen = new Seen();
  readonly #at: Configuration;
  readonly #end: number;
  #left: number;
  /** Where the scan goes on: at an acknowledged operation, then at a class of the others. */
  #cursor: number;
  #class = 0;
  #steps = 0;
  /** What is placed, in order: an acknowledged operation, or −1 − its class. */
  readonly #stack: number[] = [];
  /** Of each placed one, what its placement changed: state, chain, from, to. */
  readonly #saved: number[] = [];
  #longest: readonly number[] = [];

  constructor(model: Model, initial: State, operations: readonly Interval[], puttingOff: PuttingOff) {
    this.#transitions = new Transitions(model);
    this.#puttingOff = puttingOff;
    this.#sure = sureOnes(operations);
    this.#unsure = unsureOnes(operations, this.#transitions);
    const end = this.#sure.length;
    const of = (i: number): Interval => operations[this.#sure[i] as number] as Interval;
    this.#calls = Float64Array.from({ length: end }, (_, i) => of(i).call);
    this.#returns = Float64Array.from({ length: end + 1 }, (_, i) =>
      i < end ? of(i).return : Number.POSITIVE_INFINITY,
    );
    this.#kinds = Int32Array.from({ length: end }, (_, i) => this.#transitions.classOf(of(i).deed));
    const order = Array.from({ length: end }, (_, i) => i);
    this.#byCall = inOrder(order, end);
    order.sort((a, b) => (this.#returns[a] as number) - (this.#returns[b] as number) || a - b);
    this.#byReturn = inOrder(order, end);
    this.#twins = twins(order, this.#kinds, end);
    this.#end = end;
    this.#left = end;
    this.#cursor = this.#byCall.next(end);
    this.#at = {
      placed: new Int32Array((end >> 5) + 1),
      from: 0,
      to: 0,
      state: this.#transitions.numberOf(initial),
      chain: NO_CHAIN,
      counts: new Uint32Array(this.#unsure.length),
    };
  }

  run(budget: number): Decision {
    while (this.#left > 0) {
      if (this.#forward()) continue;
      if (this.#stack.length > this.#longest.length) this.#longest = [...this.#stack];
      if (this.#steps > budget || this.#seen.bytes > MEMORY || this.#transitions.size > VALUES) {
        return { verdict: 'unknown', steps: this.#steps, placed: this.#named(this.#longest) };
      }
      if (!this.#back()) return this.#violated();
    }
    return { verdict: 'ok' };
  }

  /** Places the next operation that can be placed here. @returns whether there was one */
  #forward(): boolean {
    // Nothing may be placed after an operation that had returned before it was called.
    const limit = this.#returns[this.#byReturn.next(this.#end)] as number;
    for (let i = this.#cursor; i < this.#end; i = this.#byCall.next(i)) {
      if ((this.#calls[i] as number) > limit) break;
      if (this.#tryAcknowledged(i, limit)) return true;
    }
    for (let k = this.#class; k < this.#unsure.length; k++) {
      if (this.#tryUnsure(k, limit)) return true;
    }
    return false;
  }

  #tryAcknowledged(i: number, limit: number): boolean {
    const at = this.#at;
    const { state, chain, from, to } = at;
    const kind = this.#kinds[i] as number;
    const next = this.#transitions.step(state, kind);
    if (next === REFUSED || this.#hasTwin(i, kind, limit)) return false;
    if (chain !== NO_CHAIN && this.#transitions.step(chain, kind) !== REFUSED) return false;
    this.#steps++;
    const word = i >> 5;
    at.placed[word] = (at.placed[word] as number) | (1 << (i & 31));
    at.to = Math.max(to, word + 1);
    while (at.from < at.to && at.placed[at.from] === -1) at.from++;
    at.state = next;
    at.chain = NO_CHAIN;
    if (this.#seen.add(at)) {
      this.#clear(i);
      this.#set(state, chain, from, to);
      return false;
    }
    this.#byCall.take(i);
    this.#byReturn.take(i);
    this.#twins.take(i);
    this.#left--;
    this.#push(i, state, chain, from, to);
    return true;
  }

  /** Whether an equal operation could be placed here and has to return earlier: then that one comes first. */
  #hasTwin(i: number, kind: number, limit: number): boolean {
    const before = this.#twins.previous(i);
    if (before > this.#end) return false;
    if ((this.#calls[before] as number) <= limit) return true;
    return (this.#calls[this.#twins.next(this.#end + 1 + kind)] as number) <= limit;
  }

  #tryUnsure(k: number, limit: number): boolean {
    const at = this.#at;
    const { state, chain, from, to } = at;
    const { kind, calls } = this.#unsure[k] as Unsure;
    const call = calls[at.counts[k] as number];
    if (call === undefined || call > limit) return false;
    const next = this.#transitions.step(state, kind);
    // One that changes nothing need not have happened.
    if (next === REFUSED || next === state) return false;
    const alone = this.#puttingOff === 'alone';
    if (alone && (chain !== NO_CHAIN || !this.#enables(state, next, limit))) return false;
    this.#steps++;
    at.counts[k] = (at.counts[k] as number) + 1;
    this.#set(next, this.#puttingOff === 'no' ? NO_CHAIN : chain === NO_CHAIN ? state : chain, from, to);
    if (!alone && this.#seen.add(at)) {
      at.counts[k] = (at.counts[k] as number) - 1;
      this.#set(state, chain, from, to);
      return false;
    }
    this.#push(-1 - k, state, chain, from, to);
    return true;
  }

  /** Whether an acknowledged operation could come next after it that could not without. */
  #enables(state: number, next: number, limit: number): boolean {
    for (let i = this.#byCall.next(this.#end); i < this.#end; i = this.#byCall.next(i)) {
      if ((this.#calls[i] as number) > limit) return false;
      const kind = this.#kinds[i] as number;
      if (this.#transitions.step(state, kind) !== REFUSED) continue;
      if (this.#transitions.step(next, kind) !== REFUSED) return true;
    }
    return false;
  }

  #push(placed: number, state: number, chain: number, from: number, to: number): void {
    this.#stack.push(placed);
    this.#saved.push(state, chain, from, to);
    this.#cursor = this.#byCall.next(this.#end);
    this.#class = 0;
  }

  /** Takes back what was placed last, to go on with what comes after it. @returns whether there was anything */
  #back(): boolean {
    const last = this.#stack.pop();
    if (last === undefined) return false;
    this.#unsave();
    if (last < 0) {
      const k = -1 - last;
      this.#at.counts[k] = (this.#at.counts[k] as number) - 1;
      this.#cursor = this.#end;
      this.#class = k + 1;
      return true;
    }
    this.#clear(last);
    this.#twins.restore(last);
    this.#byReturn.restore(last);
    this.#byCall.restore(last);
    this.#left++;
    this.#cursor = this.#byCall.next(last);
    this.#class = 0;
    return true;
  }

  #unsave(): void {
    const to = this.#saved.pop() ?? 0;
    const from = this.#saved.pop() ?? 0;
    const chain = this.#saved.pop() ?? NO_CHAIN;
    this.#set(this.#saved.pop() ?? 0, chain, from, to);
  }

  #clear(i: number): void {
    const { placed } = this.#at;
    placed[i >> 5] = (placed[i >> 5] as number) & ~(1 << (i & 31));
  }

  #set(state: number, chain: number, from: number, to: number): void {
    this.#at.state = state;
    this.#at.chain = chain;
    this.#at.from = from;
    this.#at.to = to;
  }

  #named(stack: readonly number[]): number[] {
    const used = new Map<number, number>();
    return stack.map(entry => {
      if (entry >= 0) return this.#sure[entry] as number;
      const nth = used.get(entry) ?? 0;
      used.set(entry, nth + 1);
      return this.#unsure[-1 - entry]?.operations[nth] as number;
    });
  }

  /** The operation that had to come next, since it returned before all others that are left. */
  #violated(): Decision {
    const culprit = firstLeft(new Set(this.#longest), this.#returns, this.#end);
    return {
      verdict: 'violated',
      culprit: this.#sure[culprit] as number,
      placed: this.#named(this.#longest),
    };
  }
}
