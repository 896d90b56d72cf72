/**
 * Finds the requests that overlapped a write, and so may undo it: other writes of the same object, and requests of the
 * same session or user.
 */
import type { ObjectKind, Operation, Start } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { type Effect, effectOf, shownValue } from './models.ts';

export interface Write {
  start: Start;
  effect: Effect | undefined;
  end?: Operation;
  certain: boolean;
  /** The operation whose return ends the time in which the write may take effect. */
  over?: Operation;
  /** Overlapping writes of the same object; at most the first eight. */
  rivals: Write[];
  /** True if reads cannot show whether the write took effect, for example because its value may be removed. */
  traceless: boolean;
  /**
   * An overlapping read, or change of another object. The app may have loaded its data before this write, and saved it
   * after this write, which undoes the write.
   */
  overlapping?: Start | Operation;
}

export const overlapped = ({ rivals, overlapping }: Write): boolean =>
  rivals.length > 0 || overlapping !== undefined;

/**
 * Returns whether an overlapping request may have undone the write, by what reads have shown so far.
 *
 * An app that saves all its data also saves its own change. So if no read shows the value of an `info` add, the add has
 * saved and undone nothing. Exception: an add in flight when the write was sent may have saved older data without its
 * own value.
 */
export const mayBeUndone = ({ start, rivals, overlapping }: Write): boolean =>
  overlapping !== undefined ||
  rivals.length >= RIVALS ||
  rivals.some(
    ({ end, over, traceless }) =>
      traceless || over !== undefined || end === undefined || !precedes(end, start),
  );

export const acknowledged = ({ end }: Write): boolean => end?.outcome === 'ok';

/** Maximum number of overlapping writes that are kept of each write: enough to find one on another instance. */
const RIVALS = 8;
const RECENT = 64;

/**
 * An `info` write may take effect even after its return, so it overlaps all later requests until a read shows its
 * value.
 */
export class Overlaps {
  /** Writes that may still take effect, by id. */
  readonly open = new Map<number, Write>();
  #recent: { write: Write; operation: Operation }[] = [];
  /** The write that returned last, of those that cannot take effect any more. */
  #last: Operation | undefined;
  /** Changes of other objects that may still take effect, by id. */
  readonly #others = new Map<number, Start>();
  /** The last finished change of another object. */
  #lastOther: Operation | undefined;
  /** Writes and changes of other objects that ended as `info`, by id. */
  readonly #indeterminate = new Map<number, Operation>();
  /**
   * The values that were written. `#repeated`: those that were written twice, so that a read does not show by which
   * write.
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

  /** From now on, a write of this value counts as its first. */
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

  otherStarted(other: Start): void {
    this.#others.set(other.id, other);
    this.#mark(other);
  }

  /** Called when a read of this object ends, or any request of the session or user without this object. */
  otherEnded(other: Operation): void {
    const changes = this.#others.has(other.id);
    if (changes && other.outcome === 'info') this.#indeterminate.set(other.id, other);
    else if (changes) this.#otherOver(other);
    const shown = this.#indeterminate.size > 0 ? this.#shownIn(other) : [];
    // The app loaded the data of this read after these writes, so the read cannot undo them.
    for (const { start } of shown) this.open.delete(start.id);
    this.#mark(other);
    for (const write of shown) this.#over(write, overAt(write.start, other));
  }

  #otherOver(other: Operation): void {
    this.#others.delete(other.id);
    this.#lastOther = later(this.#lastOther, other);
  }

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
      // A count or a repeated value does not show which write took effect.
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

  /** Returns whether no earlier change of the session's and user's objects can take effect after an operation began. */
  overBefore(other: Operation): boolean {
    if (this.open.size > 0 || this.#others.size > 0 || !this.#allBefore(other)) return false;
    return this.#lastOther === undefined || precedes(this.#lastOther, other);
  }

  /** Returns whether every write had returned when an operation began. An `info` write may still take effect. */
  returnedBefore(other: Operation): boolean {
    if (!this.#allBefore(other)) return false;
    for (const id of this.open.keys()) {
      const ended = this.#indeterminate.get(id);
      if (ended === undefined || !precedes(ended, other)) return false;
    }
    return true;
  }

  #allBefore(operation: Operation | Start): boolean {
    return this.#last === undefined || precedes(this.#last, operation);
  }
}

/** The operation whose response came later. One without a response is never the later one. */
const later = (a: Operation | undefined, b: Operation): Operation | undefined =>
  b.return === undefined || (a?.return ?? 0) >= b.return ? a : b;

/** A read shows the change, so it had taken effect by the end of this read. */
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
