/** Keeps the facts about one object: its writes, its state, and the reads of each session. */
import type { ObjectEvent, Operation, Start } from '../history/history.ts';
import { Counter } from './counter.ts';
import { isWrite } from './models.ts';
import { Overlaps, type Write } from './overlaps.ts';
import { type Lost, type NewestAdd, NOTHING, type ObjectState, type ReadFacts } from './read-facts.ts';
import { Register } from './register.ts';
import { type Shown, Sift } from './sift.ts';
import { Values } from './values.ts';

/** The facts about one operation on its object. Valid until the next operation. */
export interface ObjectFacts {
  object: TrackedObject;
  /** True for a read that shows the state, and for an acknowledged write, in a live session. */
  certain: boolean;
  /** The write; undefined for a read. */
  write: Write | undefined;
  /** The facts about a read for which `certain` is true; undefined for any other operation. */
  reads: ReadFacts | undefined;
  /** Set for a read of a live session that shows a list which may be cut off. */
  newest: NewestAdd | undefined;
  /** The acknowledged adds that were searched in a final state. */
  looked: readonly Write[];
}

/** The object of an operation that has started, and the write, if the operation is a write. */
export interface Started {
  object: TrackedObject;
  write: Write | undefined;
}

function stateOf(declared: ObjectEvent, overlaps: Overlaps): ObjectState {
  if (declared.kind === 'register') return new Register(declared);
  return declared.kind === 'counter' ? new Counter(declared, overlaps) : new Values(declared, overlaps);
}

export class TrackedObject {
  /** The object's name: the same string instance for all of its operations. */
  readonly name: string;
  readonly declared: ObjectEvent;
  readonly overlaps: Overlaps;
  readonly state: ObjectState;
  readonly #sift: Sift;
  readonly #reads: ReadFacts = {
    stale: [],
    back: [],
    read: undefined,
    write: undefined,
    again: false,
    fresh: [],
  };
  readonly #facts: ObjectFacts;
  /** The values of the read that ends, if the app may have cut off the list. */
  #cut: readonly string[] | undefined;
  /** The last read of a final state; undefined once another write has started. */
  #final: Operation | undefined;
  /** The last read of any final state. */
  #before: Operation | undefined;

  /** @param shown the reads of the object's probe, shared by all objects of this probe */
  constructor(declared: ObjectEvent, canary: string, shown: Shown) {
    this.name = declared.object;
    this.declared = declared;
    this.overlaps = new Overlaps(declared.kind);
    this.state = stateOf(declared, this.overlaps);
    this.#sift = new Sift(declared, canary, shown);
    this.#facts = {
      object: this,
      certain: false,
      write: undefined,
      reads: undefined,
      newest: undefined,
      looked: NOTHING,
    };
  }

  started(start: Start): Write {
    this.#final = undefined;
    const write = this.overlaps.started(start);
    this.#sift.started(write);
    this.state.started(write);
    return write;
  }

  /** Removes from a read the values that the run did not write. */
  sift(read: Operation): void {
    this.#cut = this.#sift.read(read, this.state);
  }

  /** @param certain true if acknowledged in a live session @param final true in the phase in which no writes start */
  ended(operation: Operation, certain: boolean, final: boolean): ObjectFacts {
    const facts = this.#facts;
    facts.write = undefined;
    facts.reads = undefined;
    facts.newest = undefined;
    facts.looked = NOTHING;
    if (isWrite(operation)) {
      facts.certain = certain;
      facts.write = this.overlaps.ended(operation, certain);
      this.state.wrote(facts.write, operation);
      return facts;
    }
    this.overlaps.beside(operation);
    if (certain && this.#cut !== undefined) facts.newest = this.state.newest?.(operation, this.#cut);
    facts.certain = certain && operation.saw !== undefined;
    if (facts.certain) this.#read(operation, final);
    return facts;
  }

  #read(read: Operation, final: boolean): void {
    const reads = this.#reads;
    reads.write = undefined;
    reads.read = undefined;
    reads.again = false;
    reads.fresh = read.saw ?? NOTHING;
    if (reads.stale.length > 0) reads.stale = [];
    if (reads.back.length > 0) reads.back = [];
    this.state.read(read, reads);
    this.#facts.reads = reads;
    if (!final && !this.overlaps.returnedBefore(read)) return;
    this.#facts.looked = this.state.settle?.(read, this.#before) ?? NOTHING;
    this.#final = read;
    this.#before = read;
  }

  /** Returns the acknowledged adds that the final state lacks. Called after the last operation. */
  lost(): Lost {
    const lost = this.#final === undefined ? undefined : this.state.lost?.(this.#final);
    return lost ?? { lost: NOTHING, looked: NOTHING };
  }
}
