/**
 * Finds the requests that overlapped a write: other writes of the same object, and requests of the same
 * session or user. Such a request may undo the write.
 */

import type { ObjectKind, Operation, Start } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { type Effect, effectOf, shownValue } from './models.ts';

export interface Write {
  start: Start;
  /** The effect of the write on the object; undefined if it has none. */
  effect: Effect | undefined;
  /** The whole operation, once it has ended with any outcome. */
  end?: Operation;
  /** True if the write was acknowledged in a live session. */
  certain: boolean;
  /**
   * The operation whose return ends the time in which the write may take effect. Undefined while it may take effect.
   */
  over?: Operation;
  /** Other writes of the same object that overlapped this write; at most the first eight. */
  rivals: Write[];
  /** True if reads cannot show whether the write took effect, for example because its value may be removed again. */
  traceless: boolean;
  /**
   * A read, or a change of another object, that overlapped this write. The app may have loaded the data for
   * it before this write, and saved the data after this write. Then this write is undone.
   */
  overlapping?: Start | Operation;
}

/** Returns whether another request overlapped the write, and so may have undone it. */
export const overlapped = ({ rivals, overlapping }: Write): boolean =>
  rivals.length > 0 || overlapping !== undefined;

/**
 * Returns whether an overlapping request may have undone the write, by what reads have shown so far.
 *
 * An app that loads all data and saves them later also saves its own change. So if no read shows the value of
 * an `info` add, this add has saved nothing, and undone nothing. There is one exception: if the add was still
 * in flight when the write was sent, the app may have saved the older data without the added value.
 */
export const mayBeUndone = ({ start, rivals, overlapping }: Write): boolean =>
  overlapping !== undefined ||
  rivals.length >= RIVALS ||
  rivals.some(
    ({ end, over, traceless }) =>
      traceless || over !== undefined || end === undefined || !precedes(end, start),
  );

export const acknowledged = ({ end }: Write): boolean => end?.outcome === 'ok';

/**
 * Maximum number of rivals that are kept of each write. So many are enough to find one that another instance served.
 */
const RIVALS = 8;
/** Maximum number of ended writes that are kept, to compare later operations with them. */
const RECENT = 64;

/**
 * Follows which requests overlap the writes of one object. An `info` write may take effect even after its return, so it
 * overlaps all later requests until a read shows its value.
 */
export class Overlaps {
  /** Writes that may still take effect, by the ids of their operations. */
  readonly open = new Map<number, Write>();
  #recent: { write: Write; operation: Operation }[] = [];
  /** The write of this object that returned last, of those that cannot take effect any more. */
  #last: Operation | undefined;
  /** Changes of other objects that may still take effect, by their ids. */
  readonly #others = new Map<number, Start>();
  /** The finished change of another object that returned last. */
  #lastOther: Operation | undefined;
  /** Writes and changes of other objects that have ended as `info`, by their ids. */
  readonly #indeterminate = new Map<number, Operation>();
  /**
   * The values that were written and not forgotten. `#repeated`: the values that were written twice. If a
   * read shows such a value, it is not known which of the writes happened.
   */
  readonly #values = new Set<string>();
  readonly #repeated = new Set<string>();

  readonly #kind: ObjectKind;

  constructor(kind: ObjectKind) {
    this.#kind = kind;
  }

  started(start: Start): Write {
    const write: Write = {
      start,
      effect: effectOf(this.#kind, start),
      certain: false,
      rivals: [],
      traceless: true,
    };
    const value = shownValue(start);
    if (value !== undefined) {
      if (this.#values.has(value)) this.#repeated.add(value);
      this.#values.add(value);
    }
    this.open.forEach(other => {
      pair(write, other);
    });
    if (!this.#allBefore(start)) {
      for (const { write: other, operation } of this.#recent)
        if (!precedes(operation, start)) pair(write, other);
    }
    this.#others.forEach(other => {
      write.overlapping = other;
    });
    this.open.set(start.id, write);
    return write;
  }

  /** Forgets that a value was written. A later write of the same value counts as its first. */
  forget(value: string): void {
    this.#values.delete(value);
    this.#repeated.delete(value);
  }

  /** @param certain true if the write was acknowledged in a live session */
  ended(operation: Operation, certain: boolean): Write {
    const write = this.open.get(operation.id) ?? this.started({ ...operation, type: 'start' });
    write.end = operation;
    write.certain = certain;
    if (operation.outcome === 'info') this.#indeterminate.set(operation.id, operation);
    else this.#over(write, operation);
    return write;
  }

  #over(write: Write, operation: Operation): void {
    this.open.delete(write.start.id);
    write.over = operation;
    if (operation.return === undefined) return;
    this.#last = later(this.#last, operation);
    this.#recent.push({ write, operation });
    if (this.#recent.length > RECENT) this.#recent = this.#recent.slice(RECENT / 2);
  }

  /** Called when a change of another object of the session or user starts. */
  otherStarted(other: Start): void {
    this.#others.set(other.id, other);
    this.#mark(other);
  }

  /** Called when a read of this object ends, or any request of the session or user that uses another object or none. */
  otherEnded(other: Operation): void {
    const changes = this.#others.has(other.id);
    if (changes && other.outcome === 'info') this.#indeterminate.set(other.id, other);
    else if (changes) this.#otherOver(other);
    const shown = this.#indeterminate.size > 0 ? this.#shownIn(other) : [];
    // The read shows these writes, so the app loaded its data after them: the read cannot undo them.
    for (const { start } of shown) this.open.delete(start.id);
    this.#mark(other);
    for (const write of shown) this.#over(write, overAt(write.start, other));
  }

  #otherOver(other: Operation): void {
    this.#others.delete(other.id);
    this.#lastOther = later(this.#lastOther, other);
  }

  /** Returns the `info` writes whose value a read shows. They took effect before the read returned. */
  #shownIn(read: Operation): Write[] {
    const shown: Write[] = [];
    const { saw } = read;
    if (saw === undefined) return shown;
    for (const id of this.#indeterminate.keys()) {
      const write = this.open.get(id);
      const other = this.#others.get(id);
      const start = write?.start ?? other;
      const value = start === undefined ? undefined : shownValue(start);
      if (value === undefined || !saw.includes(value)) continue;
      // A count or a repeated value does not show which write took effect: any increment, or either write, may be
      // the cause.
      if (this.#kind === 'counter' || this.#repeated.has(value)) continue;
      this.#indeterminate.delete(id);
      if (other !== undefined) this.#otherOver(overAt(other, read));
      if (write !== undefined) shown.push(write);
    }
    return shown;
  }

  #mark(other: Start | Operation): void {
    this.open.forEach(write => {
      write.overlapping = other;
    });
    if (this.#allBefore(other)) return;
    for (const { write, operation } of this.#recent) {
      const over = other.type === 'op' && precedes(other, operation);
      if (!over && !precedes(operation, other)) write.overlapping = other;
    }
  }

  /**
   * Returns whether all earlier changes of this object, and of other objects of the session or user, had
   * finished when an operation began, so that none can take effect later.
   */
  overBefore(other: Operation): boolean {
    if (this.open.size > 0 || this.#others.size > 0 || !this.#allBefore(other)) return false;
    return this.#lastOther === undefined || precedes(this.#lastOther, other);
  }

  /**
   * Returns whether every write of this object had returned when an operation began. An `info` write may
   * still take effect.
   */
  returnedBefore(other: Operation): boolean {
    if (!this.#allBefore(other)) return false;
    for (const id of this.open.keys()) {
      const ended = this.#indeterminate.get(id);
      if (ended === undefined || !precedes(ended, other)) return false;
    }
    return true;
  }

  /** Returns whether every finished write of this object returned before an operation began. */
  #allBefore(operation: Operation | Start): boolean {
    return this.#last === undefined || precedes(this.#last, operation);
  }
}

/** Returns the operation whose response came later. An operation without a response is never the later one. */
const later = (a: Operation | undefined, b: Operation): Operation | undefined =>
  b.return === undefined || (a?.return ?? 0) >= b.return ? a : b;

/**
 * Returns an `info` change as if it had ended with this read. The read shows its value, so it had taken effect by then.
 */
const overAt = (start: Start, { call, return: end = call }: Operation): Operation => ({
  ...start,
  type: 'op',
  outcome: 'info',
  return: end,
});

function pair(a: Write, b: Write): void {
  if (a.rivals.length < RIVALS) a.rivals.push(b);
  if (b.rivals.length < RIVALS) b.rivals.push(a);
}
