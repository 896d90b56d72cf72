/** What a read may contradict, and what an object keeps to tell. */
import type { Operation, Start } from './history.ts';

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
  /** The last acknowledged write of the read's session that was over when it was called. */
  write: Operation | undefined;
  /** The session's read before it. */
  read: Operation | undefined;
  /** All values that it shows and the session's read before it did not; there may be others among them. */
  fresh: readonly string[];
  /** Against acknowledged writes of its session. */
  stale: Contradiction[];
  /** Against earlier reads of its session. */
  back: Contradiction[];
}

/** How one kind of object follows its operations, in the order of the history. */
export interface ObjectState {
  /** The object's, one string for all of its operations. */
  readonly name: string;
  started(start: Start): void;
  /** A change has ended, however. */
  wrote(operation: Operation): void;
  /** A change of another object of the same session or user begins. */
  besideStarted(other: Start): void;
  /**
   * Another request has ended, a read or whatever the object's session or user did meanwhile: writes that overlapped
   * it may have been undone by it, since many apps write back at the end of a request what they loaded at its begin.
   */
  beside(other: Operation): void;
  /** Adds to `facts` what a read of a live session contradicts. */
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

/**
 * @param make a reader for a session that has none yet
 * @returns the reader of a session; an object has few, mostly one
 */
export function readerOf<R extends Reader>(readers: R[], session: string, make: (session: string) => R): R {
  for (let i = 0; i < readers.length; i++) if (readers[i]?.session === session) return readers[i] as R;
  const reader = make(session);
  readers.push(reader);
  return reader;
}
