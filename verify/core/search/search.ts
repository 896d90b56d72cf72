/**
 * Searches for an order of the operations on one object in which every response is correct. Extends the order by an
 * operation that may come next, and removes it at a dead end: Wing and Gong, "Testing and verifying concurrent objects"
 * (1993). Tries no configuration (operations in the order, and state) twice: Lowe, "Testing for linearizability"
 * (2017). Adds a read at once if it is correct in the current state. Otherwise tries operations in the order of their
 * returns, and operations without a response last.
 */
import type { State } from '../objects/models.ts';
import type { Decision, Interval, Limit } from './decision.ts';
import { namesOf, type PuttingOff, Tables, type Unsure } from './order.ts';
import { type Configuration, SeenStates } from './seen.ts';
import { type Machine, REFUSED, Transitions } from './transitions.ts';

/** Maximum memory in bytes, and maximum number of values in all states. */
const MEMORY = 512 * 1024 * 1024;
const VALUES = 20_000_000;
const POLL = 256;
const NO_CHAIN = -1;

export class Search {
  readonly #transitions: Transitions;
  readonly #puttingOff: PuttingOff;
  readonly #tables: Tables;
  readonly #seen = new SeenStates();
  readonly #at: Configuration;
  readonly #end: number;
  #fresh = true;
  /** For each operation in the order: true if no alternative in its position needs to be tried. */
  readonly #forced: boolean[] = [];
  #cursor: number;
  #class = 0;
  #steps = 0;
  /** The order so far. An operation without a response is stored as −1 minus its class. */
  readonly #stack: number[] = [];
  readonly #saved: number[] = [];
  #longest: readonly number[] = [];

  constructor(machine: Machine, initial: State, operations: readonly Interval[], puttingOff: PuttingOff) {
    this.#transitions = new Transitions(machine);
    this.#puttingOff = puttingOff;
    this.#tables = new Tables(operations, this.#transitions);
    const { end, unsure } = this.#tables;
    this.#end = end;
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
    for (let deadEnds = 1; this.#tables.byReturn.next(this.#end) !== this.#end; ) {
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

  #forward(): boolean {
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

  /** Finds an operation that leaves the state unchanged. The search then needs to try no other operation. */
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
    this.#push(i, state, chain, from, to);
    return true;
  }

  /** Returns whether an equal operation with an earlier return can come next. If so, the search tries only that one. */
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

  /** Goes back to the last operation with an untried alternative. Returns false if there is none. */
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

  /** Reports the operation with the earliest return among those outside the longest valid order. */
  #violated(): Decision {
    const placed = new Set(this.#longest);
    let culprit = this.#tables.byReturn.next(this.#end);
    while (placed.has(culprit)) culprit = this.#tables.byReturn.next(culprit);
    return {
      verdict: 'violated',
      steps: this.#steps,
      culprit: this.#tables.sure[culprit] as number,
      placed: namesOf(this.#longest, this.#tables),
    };
  }
}
