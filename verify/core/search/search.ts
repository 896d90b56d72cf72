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

import type { State } from '../models.ts';
import type { Decision, Interval, Limit } from './decision.ts';
import { firstLeft, namesOf, type PuttingOff, Tables, type Unsure } from './order.ts';
import { type Configuration, Seen } from './seen.ts';
import { type Machine, REFUSED, Transitions } from './transitions.ts';

/** Bytes that the memory of configurations may take before the search gives up. */
const MEMORY = 512 * 1024 * 1024;
/** Values in all states together, likewise. */
const VALUES = 20_000_000;
/** Dead ends from one look at the clock to the next. */
const POLL = 256;
const NO_CHAIN = -1;

export function search(
  machine: Machine,
  initial: State,
  operations: readonly Interval[],
  puttingOff: PuttingOff,
  limit: Limit,
): Decision {
  return new Search(machine, initial, operations, puttingOff).run(limit);
}

class Search {
  readonly #transitions: Transitions;
  readonly #puttingOff: PuttingOff;
  readonly #tables: Tables;
  readonly #seen = new Seen();
  readonly #at: Configuration;
  readonly #end: number;
  #left: number;
  /** Nothing has been tried here yet. */
  #fresh = true;
  /** Of each placed one: whether there is no need to try anything else in its place. */
  readonly #forced: boolean[] = [];
  /** Where the scan goes on: at an acknowledged operation, then at a class of the others. */
  #cursor: number;
  #class = 0;
  #steps = 0;
  /** What is placed, in order: an acknowledged operation, or −1 − its class. */
  readonly #stack: number[] = [];
  /** Of each placed one, what its placement changed: state, chain, from, to. */
  readonly #saved: number[] = [];
  #longest: readonly number[] = [];

  constructor(machine: Machine, initial: State, operations: readonly Interval[], puttingOff: PuttingOff) {
    this.#transitions = new Transitions(machine);
    this.#puttingOff = puttingOff;
    this.#tables = new Tables(operations, this.#transitions);
    const { end, unsure } = this.#tables;
    this.#end = end;
    this.#left = end;
    this.#cursor = this.#tables.byReturn.next(end);
    this.#at = {
      placed: new Int32Array((end >> 5) + 1),
      from: 0,
      to: 0,
      state: this.#transitions.numberOf(initial),
      chain: NO_CHAIN,
      counts: new Uint32Array(unsure.length),
    };
  }

  run(limit: Limit): Decision {
    for (let deadEnds = 1; this.#left > 0; ) {
      if (this.#forward()) continue;
      if (this.#stack.length > this.#longest.length) this.#longest = [...this.#stack];
      if (this.#isBeyond(limit) || (deadEnds++ % POLL === 0 && limit.isLate?.()))
        return { verdict: 'unknown', steps: this.#steps, placed: namesOf(this.#longest, this.#tables) };
      if (!this.#back()) return this.#violated();
    }
    return { verdict: 'ok', steps: this.#steps };
  }

  #isBeyond({ steps }: Limit): boolean {
    return this.#steps > steps || this.#seen.bytes > MEMORY || this.#transitions.size > VALUES;
  }

  /** Places the next operation that can be placed here. @returns whether there was one */
  #forward(): boolean {
    // Nothing may be placed after an operation that had returned before it was called.
    const first = this.#tables.byReturn.next(this.#end);
    const limit = this.#tables.returns[first] as number;
    if (this.#fresh) {
      this.#fresh = false;
      const idle = this.#idleOne(limit);
      if (idle >= 0) {
        if (!this.#tryAcknowledged(idle, limit)) return false;
        this.#forced[this.#forced.length - 1] = true;
        return true;
      }
    }
    const latest = this.#tables.latest[first] as number;
    for (let i = this.#cursor; i < this.#end; i = this.#tables.byReturn.next(i)) {
      if ((this.#tables.returns[i] as number) > latest) break;
      if ((this.#tables.calls[i] as number) > limit) continue;
      if (this.#tryAcknowledged(i, limit)) return true;
    }
    for (let k = this.#class; k < this.#tables.unsure.length; k++) {
      if (this.#tryUnsure(k, limit)) return true;
    }
    return false;
  }

  /**
   * Subtle: a read that fits the state can be placed at once, and nothing else need be tried instead: an order that
   * has it later is as good with the read moved here.
   */
  #idleOne(limit: number): number {
    for (let i = this.#tables.byCall.next(this.#end); i < this.#end; i = this.#tables.byCall.next(i)) {
      if ((this.#tables.calls[i] as number) > limit) return -1;
      const kind = this.#tables.kinds[i] as number;
      if (this.#tables.idle[i] === 0 || this.#transitions.step(this.#at.state, kind) !== this.#at.state)
        continue;
      if (!this.#hasTwin(i, kind, limit)) return i;
    }
    return -1;
  }

  #tryAcknowledged(i: number, limit: number): boolean {
    const at = this.#at;
    const { state, chain, from, to } = at;
    const kind = this.#tables.kinds[i] as number;
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
    this.#tables.byCall.take(i);
    this.#tables.byReturn.take(i);
    this.#tables.twins.take(i);
    this.#left--;
    this.#push(i, state, chain, from, to);
    return true;
  }

  /** Whether an equal operation could be placed here and has to return earlier: then that one comes first. */
  #hasTwin(i: number, kind: number, limit: number): boolean {
    const before = this.#tables.twins.previous(i);
    if (before > this.#end) return false;
    if ((this.#tables.calls[before] as number) <= limit) return true;
    return (this.#tables.calls[this.#tables.twins.next(this.#end + 1 + kind)] as number) <= limit;
  }

  #tryUnsure(k: number, limit: number): boolean {
    const at = this.#at;
    const { state, chain, from, to } = at;
    const { kind, calls } = this.#tables.unsure[k] as Unsure;
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
    for (let i = this.#tables.byCall.next(this.#end); i < this.#end; i = this.#tables.byCall.next(i)) {
      if ((this.#tables.calls[i] as number) > limit) return false;
      const kind = this.#tables.kinds[i] as number;
      if (this.#transitions.step(state, kind) !== REFUSED) continue;
      if (this.#transitions.step(next, kind) !== REFUSED) return true;
    }
    return false;
  }

  #push(placed: number, state: number, chain: number, from: number, to: number): void {
    this.#stack.push(placed);
    this.#saved.push(state, chain, from, to);
    this.#forced.push(false);
    this.#fresh = true;
    this.#cursor = this.#tables.byReturn.next(this.#end);
    this.#class = 0;
  }

  /** Takes back what was placed last, to go on with what comes after it. @returns whether there was anything */
  #back(): boolean {
    for (;;) {
      const last = this.#stack.pop();
      if (last === undefined) return false;
      this.#unsave();
      if (last < 0) {
        const k = -1 - last;
        this.#at.counts[k] = (this.#at.counts[k] as number) - 1;
        this.#cursor = this.#end;
        this.#class = k + 1;
      } else this.#takeBack(last);
      this.#fresh = false;
      if (this.#forced.pop() !== true) return true;
    }
  }

  #takeBack(i: number): void {
    this.#clear(i);
    this.#tables.twins.restore(i);
    this.#tables.byReturn.restore(i);
    this.#tables.byCall.restore(i);
    this.#left++;
    this.#cursor = this.#tables.byReturn.next(i);
    this.#class = 0;
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

  /** The operation that had to come next, since it returned before all others that are left. */
  #violated(): Decision {
    const culprit = firstLeft(new Set(this.#longest), this.#tables.returns, this.#end);
    return {
      verdict: 'violated',
      steps: this.#steps,
      culprit: this.#tables.sure[culprit] as number,
      placed: namesOf(this.#longest, this.#tables),
    };
  }
}
