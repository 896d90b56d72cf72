import type { ObjectEvent, Operation, Start } from '../history/history.ts';
import { Counter } from './counter.ts';
import { isWrite } from './models.ts';
import { Overlaps, type Write } from './overlaps.ts';
import { type Lost, type NewestAdd, NOTHING, type ObjectState, ReadFacts } from './read-facts.ts';
import { Register } from './register.ts';
import { type LongestLists, Sift } from './sift.ts';
import { Values } from './values.ts';

export interface ObjectFacts {
  object: TrackedObject;
  /** True if the session was live, and the app acknowledged the write or showed the state. */
  certain: boolean;
  write: Write | undefined;
  /** Undefined for a write, and for a read that is not `certain`. */
  reads: ReadFacts | undefined;
  /** Present if a read showed a list that the app may have cut off. */
  newest: NewestAdd | undefined;
  /** Acknowledged adds that a final read shows for the first time. */
  found: readonly Write[];
}

export interface Started {
  object: TrackedObject;
  write: Write | undefined;
}

function stateOf(declared: ObjectEvent, overlaps: Overlaps, remembered: () => number): ObjectState {
  if (declared.kind === 'register') return new Register(declared);
  if (declared.kind === 'counter') return new Counter(declared, overlaps);
  return new Values(declared, overlaps, remembered);
}

export class TrackedObject {
  /** All operations of the object share the name as one string, which makes map lookups fast. */
  readonly declared: ObjectEvent;
  readonly overlaps: Overlaps;
  readonly state: ObjectState;
  readonly #sift: Sift;
  #cut: readonly string[] | undefined;
  /** The last final state (read while no write was in flight); undefined once a new write has started. */
  #final: Operation | undefined;
  /** The last final state (read while no write was in flight), even if a write has started since. */
  #before: Operation | undefined;

  /** @param remembered returns the maximum number of removed values that the object can remember */
  constructor(declared: ObjectEvent, canary: string, longest: LongestLists, remembered: () => number) {
    this.declared = declared;
    this.overlaps = new Overlaps(declared.kind);
    this.state = stateOf(declared, this.overlaps, remembered);
    this.#sift = new Sift(declared, canary, longest);
  }

  started(start: Start): Write {
    this.#final = undefined;
    const write = this.overlaps.started(start);
    this.#sift.started(write);
    this.state.started(write);
    return write;
  }

  sift(read: Operation): void {
    this.#cut = this.#sift.read(read, this.state.contents);
  }

  /** @param final true in the phase of final reads, in which no write starts */
  ended(operation: Operation, certain: boolean, final: boolean): ObjectFacts {
    const facts: ObjectFacts = {
      object: this,
      certain,
      write: undefined,
      reads: undefined,
      newest: undefined,
      found: NOTHING,
    };
    if (isWrite(operation)) {
      facts.write = this.overlaps.ended(operation, certain);
      this.state.wrote(facts.write, operation);
      return facts;
    }
    this.overlaps.otherEnded(operation);
    if (certain && this.#cut !== undefined) facts.newest = this.state.newest?.(operation, this.#cut);
    facts.certain = certain && operation.saw !== undefined;
    if (facts.certain) this.#read(operation, final, facts);
    return facts;
  }

  #read(read: Operation, final: boolean, facts: ObjectFacts): void {
    facts.reads = new ReadFacts(read.saw);
    this.state.read(read, facts.reads);
    if (!final && !this.overlaps.returnedBefore(read)) return;
    facts.found = this.state.settle?.(read, this.#before) ?? NOTHING;
    this.#final = read;
    this.#before = read;
  }

  lost(): Lost {
    const lost = this.#final === undefined ? undefined : this.state.lost?.(this.#final);
    return lost ?? { lost: NOTHING, searched: NOTHING };
  }
}
