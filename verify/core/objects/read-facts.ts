/** Defines the facts that a read shows about its object, and the state that they are computed from. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import type { Write } from './overlaps.ts';

/** A contradiction: a read shows a state that an earlier operation of its session rules out. */
export interface Contradiction {
  against: Operation;
  /** The effect or result of the earlier operation, as a text. */
  was: string;
  expected: string;
  came: string;
  /** A summary for a special case, in place of the usual summary. */
  summary?: string;
}

/** The session's last acknowledged add, in relation to a list that may be cut off. */
export interface NewestAdd {
  add: Operation;
  /** True if the list shows this add, and lacks no add of the session that is later than one that it shows. */
  shown: boolean;
}

export interface ReadFacts {
  /** The last acknowledged write of the read's session that the read was compared with. */
  write: Operation | undefined;
  /** The session's previous read, if the two reads were compared. */
  read: Operation | undefined;
  /**
   * True if the session's next read is compared with this one, provided that both show the same state and that
   * nothing changes in between.
   */
  again: boolean;
  /**
   * Includes all values of this read that the session's previous read did not show. May include more values of this
   * read.
   */
  fresh: readonly string[];
  /** Contradictions to acknowledged writes of the read's session. */
  stale: Contradiction[];
  /** Contradictions to earlier reads of the read's session. */
  back: Contradiction[];
}

/** An acknowledged add that the final state does not have. */
export interface LostUpdate {
  value: string;
  /** Undefined if a read had shown the value before it was lost. */
  write: Write | undefined;
  /** The last read that showed the value. */
  showed: Operation | undefined;
  /** The read of the final state. */
  read: Operation;
}

/**
 * `lost`: the adds that the last final state lacks. `looked`: the adds that `lost` checks, because `settle` does not.
 */
export interface Lost {
  lost: readonly LostUpdate[];
  looked: readonly Write[];
}

/** A value whose add was acknowledged, and that no operation may have removed. */
export interface KeptValue {
  value: string;
  add: Operation;
}

/** A value that the object should hold, and the first write that added it. */
export interface DueValue {
  value: string;
  add: Write;
}

export const NOTHING: readonly never[] = [];

/**
 * The known state of one object. A register keeps only its last value, so it has no `settle` and no `lost`. Only
 * collections have `due` and `kept`.
 */
export interface ObjectState {
  started(write: Write): void;
  /** Called when a write ends, with any outcome. */
  wrote(write: Write, operation: Operation): void;
  /** Called when a session has ended. The session reads and writes nothing more. */
  sessionEnded(session: string): void;
  /** Compares a read of a live session with earlier operations. Adds the contradictions to `facts`. */
  read(read: Operation, facts: ReadFacts): void;
  /**
   * Searches a final state for the acknowledged adds. A final state is read after all writes so far have returned.
   * Returns the adds that were searched, found or not. Each add is returned once.
   *
   * @param before the read that showed the previous final state
   */
  settle?(read: Operation, before: Operation | undefined): readonly Write[];
  /** Returns the acknowledged adds that overlapped another request and that the last final state lacks. */
  lost?(read: Operation): Lost | undefined;
  /**
   * Compares a list that may be cut off with the last acknowledged add of its session. Returns undefined if the list may
   * lack that add, because enough values may have been added after it.
   */
  newest?(read: Operation, saw: readonly string[]): NewestAdd | undefined;
  /**
   * `due`: the values that the object should hold, because their adds were acknowledged or a read showed them.
   * `kept`: only those with an acknowledged add.
   */
  due?(): readonly DueValue[];
  kept?(): readonly KeptValue[];
}

/** The last write and read of one session on an object. */
export interface Reader {
  session: string;
  /** The session's last acknowledged write. */
  wrote?: Operation;
  /** The session's last read. */
  last?: Operation;
}

/** Keeps a `Reader` for each session of an object. Keeps the last reader separately, because it often reads again. */
export class Readers<R extends Reader> {
  readonly #make: (session: string) => R;
  readonly #all = new Map<string, R>();
  #last: R | undefined;

  constructor(make: (session: string) => R) {
    this.#make = make;
  }

  of(session: string): R {
    if (this.#last?.session === session) return this.#last;
    this.#last = getOrInsert(this.#all, session, () => this.#make(session));
    return this.#last;
  }

  forget(session: string): void {
    this.#all.delete(session);
    if (this.#last?.session === session) this.#last = undefined;
  }
}
