/** Defines the contradictions of a read, and the state of an object that is kept to detect them. */
import type { Operation, Start } from '../history/history.ts';

/** A contradiction: a read shows a state that an earlier operation of its session rules out. */
export interface Contradiction {
  against: Operation;
  /** What the earlier operation did or showed. */
  was: string;
  expected: string;
  came: string;
  /** A summary for a special case; it replaces the usual summary. */
  summary?: string;
}

export interface ReadFacts {
  /** The last acknowledged write of the read's session that the read was compared with. */
  write: Operation | undefined;
  /** The session's previous read, if the two reads were compared. */
  read: Operation | undefined;
  /**
   * True if the session's next read will be compared with this read, when it shows the same state and nothing changes.
   */
  again: boolean;
  /** All values that this read shows and the session's previous read did not show; may contain other values too. */
  fresh: readonly string[];
  /** Contradictions to acknowledged writes of the read's session. */
  stale: Contradiction[];
  /** Contradictions to earlier reads of the read's session. */
  back: Contradiction[];
}

/** Follows the operations on one object, in the order of the history. Each family of kinds has one implementation. */
export interface ObjectState {
  /** The object's name: the same string instance for all of its operations. */
  readonly name: string;
  started(start: Start): void;
  /** Called when a change ends, with any outcome. */
  wrote(operation: Operation): void;
  /** Called when a change of another object of the same session or user starts. */
  besideStarted(other: Start): void;
  /**
   * Called when another request ends: a read of the object, or any request of its session or user. That request may
   * have undone writes that it overlapped: many apps load the state at the start of a request and write it back at the
   * end.
   */
  beside(other: Operation): void;
  /** Called when a session has ended: it reads and writes nothing more. */
  sessionEnded(session: string): void;
  /** Adds to `facts` what a read of a live session contradicts, and the operations that it was compared with. */
  read(read: Operation, facts: ReadFacts): void;
}

/** The last write and read of one session on an object. */
export interface Reader {
  session: string;
  /** The session's last acknowledged write. */
  wrote?: Operation;
  /** The session's last read. */
  last?: Operation;
}

/**
 * Keeps a `Reader` for each session of an object. Caches the last reader, since one session often reads many times in a
 * row.
 */
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
