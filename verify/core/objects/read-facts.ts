/** Defines what a read proves about its object, and the interface of the classes that follow an object's state. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import type { Write } from './overlaps.ts';

/** A contradiction: an earlier operation of the session rules out what a read shows. */
export interface Contradiction {
  against: Operation;
  /** What the earlier operation did or showed, in a few words, such as `acknowledged`. */
  was: string;
  expected: string;
  came: string;
  /** Replaces the usual summary of the anomaly in a special case. */
  summary?: string;
}

/** Says whether a list that may be cut off (it shows only some entries) has the session's last acknowledged add. */
export interface NewestAdd {
  add: Operation;
  /** True if the list shows this add, and no add of the session is missing between two that it shows. */
  shown: boolean;
}

export interface ReadFacts {
  /** The session's last acknowledged write that the read had to show; undefined if none was comparable. */
  write: Operation | undefined;
  /** The session's previous read, if this read had to show its state or a later one; undefined if not comparable. */
  read: Operation | undefined;
  /** True if the session's next read counts as compared with this one, if it shows the same and nothing changed. */
  again: boolean;
  /** The values that the session's previous read did not show, and sometimes other values of this read, too. */
  fresh: readonly string[];
  /** Contradictions that violate read-your-writes. */
  stale: Contradiction[];
  /** Contradictions that violate monotonic-reads. */
  back: Contradiction[];
}

/** An acknowledged add whose value the final state lacks. */
export interface LostUpdate {
  value: string;
  /** The add of the value; undefined if an earlier read of the final state already showed the value. */
  write: Write | undefined;
  /** The last of the final reads that still showed the value, if there is one. */
  showed: Operation | undefined;
  /** The read that shows the final state without the value. */
  read: Operation;
}

/**
 * `lost`: the values that the last final state lacks. `searched`: their adds that no earlier final state had
 * shown. They count as searched from now on.
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
 * Follows what is known about the state of one object. Methods with a `?` do not exist for all kinds: a register keeps
 * only its last value, so it has no `settle` and no `lost`. Only sets, lists and bags have `due` and `kept`.
 */
export interface ObjectState {
  started(write: Write): void;
  /** Called when a write ends, with any outcome. */
  wrote(write: Write, operation: Operation): void;
  /** Called when a session has ended. It sends no more requests. */
  sessionEnded(session: string): void;
  /** Compares a read of a live session with earlier operations. Adds the contradictions to `facts`. */
  read(read: Operation, facts: ReadFacts): void;
  /**
   * Looks for the acknowledged adds in a final state: one that was read after all writes so far had returned.
   * Returns the adds that were found. Each add is returned only once.
   *
   * @param before the previous read of a final state
   */
  settle?(read: Operation, before: Operation | undefined): readonly Write[];
  /** Returns the acknowledged adds that another request overlapped, and that the last final state lacks. */
  lost?(read: Operation): Lost | undefined;
  /**
   * Returns whether a list that may be cut off shows the session's last acknowledged add. Undefined if so
   * many values may have been added later that the list no longer shows this add.
   */
  newest?(read: Operation, saw: readonly string[]): NewestAdd | undefined;
  /**
   * `due`: the values that the object should hold, because their add was acknowledged or a read showed them.
   * `kept`: only those of them whose add was acknowledged.
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

/**
 * Keeps a `Reader` for each session of an object. `#last` is the one that was used last, because it is often
 * used again.
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
    this.#last = getOrInsert(this.#all, session, () => this.#make(session));
    return this.#last;
  }

  forget(session: string): void {
    this.#all.delete(session);
    if (this.#last?.session === session) this.#last = undefined;
  }
}
