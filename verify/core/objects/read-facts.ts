/** Defines what a read proves about its object, and the interface of the classes that follow the object's state. */
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

/** Whether a list that may be cut off shows the last acknowledged add of its session. */
export interface NewestAdd {
  add: Operation;
  /** True if the list shows this add, and lacks no add between two adds of the session that it shows. */
  shown: boolean;
}

export interface ReadFacts {
  /** The last acknowledged write of the session that the read had to show. */
  write: Operation | undefined;
  /** The session's previous read, if this read had to show the same state or a later one. */
  read: Operation | undefined;
  /** True if an equal next read of the session counts as compared with this read, as long as nothing changes. */
  again: boolean;
  /** The values that the session's previous read did not show. May also have values that it showed. */
  fresh: readonly string[];
  /** Contradictions that violate read-your-writes. */
  stale: Contradiction[];
  /** Contradictions that violate monotonic-reads. */
  back: Contradiction[];
}

/** An acknowledged add that the final state does not have. */
export interface LostUpdate {
  value: string;
  /** The add; undefined if a final state had shown the value before it was lost. */
  write: Write | undefined;
  /** The last read of a final state that showed the value. */
  showed: Operation | undefined;
  /** The read of the final state. */
  read: Operation;
}

/**
 * `lost`: the adds that the last final state lacks. `searched`: the adds that no earlier final state has shown, so that
 * they count as searched only now.
 */
export interface Lost {
  lost: readonly LostUpdate[];
  searched: readonly Write[];
}

/** A value that an acknowledged add wrote, and that no operation may have removed. */
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
 * What is known about the state of one object. A register keeps only its last value, so its class has no `settle` and
 * no `lost`. Only sets, lists and bags have `due` and `kept`.
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
   * Searches the acknowledged adds in a final state: a state that was read after all writes so far had returned.
   * Returns the adds that were found; each add is returned once.
   *
   * @param before the previous read of a final state
   */
  settle?(read: Operation, before: Operation | undefined): readonly Write[];
  /** Returns the acknowledged adds that overlapped another request and that the last final state does not have. */
  lost?(read: Operation): Lost | undefined;
  /**
   * Returns whether a list that may be cut off shows the last acknowledged add of its session. Undefined if enough
   * values may have been added later to push this add out of the list.
   */
  newest?(read: Operation, saw: readonly string[]): NewestAdd | undefined;
  /**
   * `due`: the values that the object should hold, because their add was acknowledged or a read showed them. `kept`:
   * the values in `due` whose add was acknowledged.
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

/** Keeps a `Reader` for each session of an object. `#last` is the reader that was used last: it is often used again. */
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
