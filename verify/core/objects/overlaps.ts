/** Finds which writes of one object overlapped one another, or another request of their session or user. */

import type { ObjectKind, Operation, Start } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { type Effect, effectOf, shownValue } from './models.ts';

export interface Write {
  start: Start;
  /** The effect of the write on the object; undefined if it has none. */
  effect: Effect | undefined;
  /** The ended operation, with any outcome. */
  end?: Operation;
  /** True if the write was acknowledged in a live session. */
  certain: boolean;
  /** The write can no longer take effect after the return of this operation. Absent while the write still can. */
  over?: Operation;
  /** The first few writes that overlapped this write. */
  rivals: Write[];
  /** True if reads cannot show whether the write took effect, for example because its value may have been removed. */
  traceless: boolean;
  /**
   * Another request that overlapped this write. It may have loaded an older state, and saved this state after the
   * write.
   */
  beside?: Start | Operation;
}

/** Returns whether a write overlapped another request, which may have undone it. */
export const overlapped = ({ rivals, beside }: Write): boolean => rivals.length > 0 || beside !== undefined;

/**
 * Returns whether a request that overlapped a write may have undone the write, as far as the reads so far show.
 * Subtle: an app that loads a state and saves it later also saves its own change. So if no read shows the value of an
 * `info` add, the add has undone nothing. Exception: if the add was still in flight when the write was sent, the app
 * may have saved the older state without the added value.
 */
export const mayBeUndone = ({ start, rivals, beside }: Write): boolean =>
  beside !== undefined ||
  rivals.length >= RIVALS ||
  rivals.some(
    ({ end, over, traceless }) =>
      traceless || over !== undefined || end === undefined || !precedes(end, start),
  );

export const acknowledged = ({ end }: Write): boolean => end?.outcome === 'ok';

/** Maximum number of rivals that are kept for each write: enough to find a rival that another instance served. */
const RIVALS = 8;
/** Maximum number of ended writes with which a later operation is compared. */
const RECENT = 64;

/**
 * Follows the overlaps of one object's writes. An `info` write may take effect even after its return, so it overlaps
 * all later requests until a read shows its value.
 */
export class Overlaps {
  /** Writes that may still take effect. */
  readonly open = new Map<number, Write>();
  #recent: { write: Write; operation: Operation }[] = [];
  /** The write that returned last. */
  #last: Operation | undefined;
  /** Changes of other objects that may still take effect, by their ids. */
  readonly #others = new Map<number, Start>();
  /** The last change of another object that can no longer take effect. */
  #lastOther: Operation | undefined;
  /** Writes and changes of other objects that have ended as `info`, by their ids. */
  readonly #indeterminate = new Map<number, Operation>();
  /**
   * The values written so far. `#repeated`: the values written twice, whose reads do not show which of the two writes
   * took effect.
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
      write.beside = other;
    });
    this.open.set(start.id, write);
    return write;
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
  besideStarted(other: Start): void {
    this.#others.set(other.id, other);
    this.#mark(other);
  }

  /** Called when any other request ends: a read of the object, or any request of its session or user. */
  beside(other: Operation): void {
    const changes = this.#others.has(other.id);
    if (changes && other.outcome === 'info') this.#indeterminate.set(other.id, other);
    else if (changes) this.#otherOver(other);
    const shown = this.#indeterminate.size > 0 ? this.#shownIn(other) : [];
    // The read loaded the values of these writes, so it cannot undo the writes.
    for (const { start } of shown) this.open.delete(start.id);
    this.#mark(other);
    for (const write of shown) this.#over(write, overAt(write.start, other));
  }

  #otherOver(other: Operation): void {
    this.#others.delete(other.id);
    this.#lastOther = later(this.#lastOther, other);
  }

  /** Returns the `info` writes whose value a read shows: they have taken effect when the read returns. */
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
      // If a read shows a count, or a value that was written twice, another write may be the reason.
      if (this.#kind === 'counter' || this.#repeated.has(value)) continue;
      this.#indeterminate.delete(id);
      if (other !== undefined) this.#otherOver(overAt(other, read));
      if (write !== undefined) shown.push(write);
    }
    return shown;
  }

  #mark(other: Start | Operation): void {
    this.open.forEach(write => {
      write.beside = other;
    });
    if (this.#allBefore(other)) return;
    for (const { write, operation } of this.#recent) {
      const over = other.type === 'op' && precedes(other, operation);
      if (!over && !precedes(operation, other)) write.beside = other;
    }
  }

  /**
   * Returns whether no earlier change can still take effect when an operation begins. Includes changes of other
   * objects of the session or user.
   */
  overBefore(other: Operation): boolean {
    if (this.open.size > 0 || this.#others.size > 0 || !this.#allBefore(other)) return false;
    return this.#lastOther === undefined || precedes(this.#lastOther, other);
  }

  /** Returns whether every write had returned when an operation began. An `info` write may still take effect later. */
  returnedBefore(other: Operation): boolean {
    if (!this.#allBefore(other)) return false;
    for (const id of this.open.keys()) {
      const ended = this.#indeterminate.get(id);
      if (ended === undefined || !precedes(ended, other)) return false;
    }
    return true;
  }

  /**
   * Returns whether every ended write returned before the operation began. Then the operation overlaps none of them.
   */
  #allBefore(operation: Operation | Start): boolean {
    return this.#last === undefined || precedes(this.#last, operation);
  }
}

/** Returns the operation whose response came later. An operation without a response counts as the earlier one. */
const later = (a: Operation | undefined, b: Operation): Operation | undefined =>
  b.return === undefined || (a?.return ?? 0) >= b.return ? a : b;

/**
 * Returns a change with unknown outcome (`info`) as an operation that ended when a read ended. The read shows the
 * value, so the change had happened by then.
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
