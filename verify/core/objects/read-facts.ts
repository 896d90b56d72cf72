/** Defines what a read may contradict, and what an object remembers to find it. */
import type { Operation, Start } from '../history.ts';

/** A read shows what an earlier operation of its session rules out. */
export interface Contradiction {
  against: Operation;
  /** What that operation did or showed. */
  was: string;
  expected: string;
  came: string;
  /** What happened, where that is another story. */
  summary?: string;
}

export interface ReadFacts {
  /** The last acknowledged write of the read's session that the read was compared with. */
  write: Operation | undefined;
  /** The session's read before it, if the two were compared. */
  read: Operation | undefined;
  /** Whether the session's next read will be compared with this one if it shows the same and nothing changes. */
  again: boolean;
  /** All values that it shows and the session's read before it did not; there may be others among them. */
  fresh: readonly string[];
  /** Against acknowledged writes of its session. */
  stale: Contradiction[];
  /** Against earlier reads of its session. */
  back: Contradiction[];
}

/** Follows the operations of one object, in the order of the history. There is one for each family of kinds. */
export interface ObjectState {
  /** The object's name, one string for all of its operations. */
  readonly name: string;
  started(start: Start): void;
  /** A change has ended, with any outcome. */
  wrote(operation: Operation): void;
  /** A change of another object of the same session or user begins. */
  besideStarted(other: Start): void;
  /**
   * Another request has ended: a read of the object, or any request of its session or user. Writes that overlapped it
   * may have been undone by it, since many apps write back at the end of a request what they loaded at its begin.
   */
  beside(other: Operation): void;
  /** A session has ended: it reads and writes nothing more. */
  sessionEnded(session: string): void;
  /** Adds to `facts` what a read of a live session contradicts, and what it was compared with. */
  read(read: Operation, facts: ReadFacts): void;
}

/** What one session has written to an object, and seen of it. */
export interface Reader {
  session: string;
  /** Its last acknowledged write. */
  wrote?: Operation;
  /** Its last read. */
  last?: Operation;
}

/** Keeps a reader for each session of an object. Mostly one session reads many times in a row. */
export class Readers<R extends Reader> {
  readonly #make: (session: string) => R;
  readonly #all = new Map<string, R>();
  #last: R | undefined;

  constructor(make: (session: string) => R) {
    this.#make = make;
  }

  of(session: string): R {
    if (this.#last?.session === session) return this.#last;
    let reader = this.#all.get(session);
    if (reader === undefined) {
      reader = this.#make(session);
      this.#all.set(session, reader);
    }
    this.#last = reader;
    return reader;
  }

  forget(session: string): void {
    this.#all.delete(session);
    if (this.#last?.session === session) this.#last = undefined;
  }
}
