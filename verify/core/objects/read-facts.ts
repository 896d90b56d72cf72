/** Defines what a read proves about its object, and the interface of the classes that follow an object. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import type { Write } from './overlaps.ts';

export interface Contradiction {
  against: Operation;
  /** What the earlier operation did or showed, such as `acknowledged`. */
  was: string;
  expected: string;
  came: string;
  /** Replaces the usual summary of the anomaly. */
  summary?: string;
}

/** Whether a list that may be cut off has the session's last acknowledged add. */
export interface NewestAdd {
  add: Operation;
  /** True if the list shows this add, and lacks no add of the session between two that it shows. */
  shown: boolean;
}

export interface ReadFacts {
  /** The session's last acknowledged write that the read had to show. */
  write: Operation | undefined;
  /** The session's previous read, if this read had to show its state or a later one. */
  read: Operation | undefined;
  /** True if the session's next read counts as compared with this read, unless the object changes. */
  again: boolean;
  /** At least the values that the session's previous read did not show. */
  fresh: readonly string[];
  stale: Contradiction[];
  back: Contradiction[];
}

export interface LostUpdate {
  value: string;
  /** The add of the value. Undefined if an earlier final state already showed the value. */
  write: Write | undefined;
  /** The last final read that still showed the value. */
  showed: Operation | undefined;
  read: Operation;
}

/** `lost`: what the last final state lacks. `searched`: their adds, which from now on count as searched. */
export interface Lost {
  lost: readonly LostUpdate[];
  searched: readonly Write[];
}

/** The value of an acknowledged add that no operation may have removed. */
export interface KeptValue {
  value: string;
  add: Operation;
}

/** A value that the object should hold, and its first add. */
export interface DueValue {
  value: string;
  add: Write;
}

export const NOTHING: readonly never[] = [];

/**
 * Follows the state of one object. A register has no `settle` and no `lost`, because it keeps only its last value. Only
 * sets, lists and bags have `due` and `kept`.
 */
export interface ObjectState {
  started(write: Write): void;
  wrote(write: Write, operation: Operation): void;
  /** The session sends no more requests. */
  sessionEnded(session: string): void;
  /** Compares a read of a live session with earlier operations. Adds to `facts`. */
  read(read: Operation, facts: ReadFacts): void;
  /**
   * Returns the acknowledged adds that a final state shows, each only once: a state read after all writes had returned.
   *
   * @param before the previous read of a final state
   */
  settle?(read: Operation, before: Operation | undefined): readonly Write[];
  /** Returns the acknowledged adds with an overlap that the last final state lacks. */
  lost?(read: Operation): Lost | undefined;
  /** Undefined if so many values may have been added later that the list may no longer show the session's last add. */
  newest?(read: Operation, saw: readonly string[]): NewestAdd | undefined;
  /**
   * `due`: the values that the object should hold, because their add was acknowledged or a read showed them. `kept`:
   * only those whose add was acknowledged.
   */
  due?(): readonly DueValue[];
  kept?(): readonly KeptValue[];
}

export interface Reader {
  session: string;
  wrote?: Operation;
  last?: Operation;
}

/** `#last`: the reader that was used last. It is often used again. */
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
