/** Defines what a read proves about its object, and the interface of the trackers of objects. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import type { Write } from './overlaps.ts';

export interface Contradiction {
  against: Operation;
  /** The words for an earlier operation in the text of an anomaly, such as `acknowledged`. */
  was: string;
  expected: string;
  came: string;
  summary?: string;
}

export const NOTHING: readonly never[] = [];

export interface NewestAdd {
  add: Operation;
  /** True if the list shows the session's last add, and lacks none of the session's adds after the first shown one. */
  shown: boolean;
}

export class ReadFacts {
  /** The session's last acknowledged write whose effect this read had to show. */
  write: Operation | undefined = undefined;
  /** The session's previous read, if this read had to show the same state or a later one. */
  read: Operation | undefined = undefined;
  /** If true, the session's next read counts as compared when it equals this read and nothing changed in between. */
  again = false;
  /** Values of this read that the session's previous read may not have shown. */
  fresh: readonly string[];
  stale: Contradiction[] = [];
  back: Contradiction[] = [];

  constructor(saw: readonly string[] = NOTHING) {
    this.fresh = saw;
  }
}

export interface LostUpdate {
  value: string;
  /** The write that added the value. Undefined if an earlier final state already showed the value. */
  write: Write | undefined;
  showed: Operation | undefined;
  read: Operation;
}

export interface Lost {
  lost: readonly LostUpdate[];
  searched: readonly Write[];
}

export interface KeptValue {
  value: string;
  add: Operation;
}

export interface DueValue {
  value: string;
  add: Write;
}

/** Tracks the state of one object. A method is absent if it makes no sense for the kind of object. */
export interface ObjectState {
  started(write: Write): void;
  wrote(write: Write, operation: Operation): void;
  /** The records of the sessions that use the object. */
  readonly readers: Readers<Reader>;
  /** Compares a read of a live session with earlier operations, and adds the results to `facts`. */
  read(read: Operation, facts: ReadFacts): void;
  /** Returns the adds that a final state shows for the first time. @param before the previous final state */
  settle?(read: Operation, before: Operation | undefined): readonly Write[];
  /** Returns the acknowledged adds that another request overlapped and whose value the last final state lacks. */
  lost?(read: Operation): Lost | undefined;
  /** Returns whether the list shows the session's last add. Undefined if later adds may have cut it off. */
  newest?(read: Operation, saw: readonly string[]): NewestAdd | undefined;
  readonly contents?: ObjectContents;
}

export interface ObjectContents {
  /** The number of values that the object may hold. */
  readonly size: number;
  /** Returns the values that the object should hold, because they were acknowledged, or a read showed them. */
  due(): readonly DueValue[];
  /** Returns the acknowledged values that the object should hold. */
  kept(): readonly KeptValue[];
}

/** Returns whether a read shows an older version than an earlier operation; undefined without version numbers. */
export const isOlderVersion = (against: Operation, { version }: Operation): boolean | undefined =>
  against.version === undefined || version === undefined ? undefined : version < against.version;

export class Reader {
  readonly session: string;
  last?: Operation;

  constructor(session: string) {
    this.session = session;
  }
}

/** Keeps a record for each session, and caches the last used record. */
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
