/** Finds the requests that overlapped a write, and so may undo the write. */
import { unfinished } from '../history/actions.ts';
import type { ObjectKind, Operation, Start } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { type Effect, effectOf, shownValue } from './models.ts';

export interface Write {
  start: Start;
  effect: Effect | undefined;
  end?: Operation;
  certain: boolean;
  /** An operation whose end shows that the write has taken effect. Undefined if no operation shows this. */
  over?: Operation;
  /** Overlapping writes of the same object. At most the first eight are kept. */
  rivals: Write[];
  /** True if reads cannot show whether the write took effect. */
  traceless: boolean;
  /** An overlapping request that may undo this write: it may load data before the write, and save it after. */
  overlapping?: Start | Operation;
}

export const overlapped = ({ rivals, overlapping }: Write): boolean =>
  rivals.length > 0 || overlapping !== undefined;

/** Returns whether an overlapping request may have undone the write. */
export const mayBeUndone = ({ start, rivals, overlapping }: Write): boolean =>
  overlapping !== undefined ||
  rivals.length >= RIVALS ||
  rivals.some(
    ({ end, over, traceless }) =>
      traceless || over !== undefined || end === undefined || !precedes(end, start),
  );

export const acknowledged = ({ end }: Write): boolean => end?.outcome === 'ok';

const RIVALS = 8;
const RECENT = 64;

/** A write with unknown outcome (`info`) overlaps all later requests until a read shows its value. */
export class Overlaps {
  readonly open = new Map<number, Write>();
  #recent: { write: Write; operation: Operation }[] = [];
  /** The write with the latest response, among the writes that have certainly taken effect. */
  #last: Operation | undefined;
  readonly #others = new Map<number, Start>();
  #lastOther: Operation | undefined;
  readonly #indeterminate = new Map<number, Operation>();
  /** `#repeated`: values that were written twice, so that a read does not show which write took effect. */
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
    for (const other of this.open.values()) pair(write, other);
    if (!this.#allBefore(start)) {
      for (const { write: other, operation } of this.#recent)
        if (!precedes(operation, start)) pair(write, other);
    }
    for (const other of this.#others.values()) write.overlapping = other;
    this.open.set(start.id, write);
    return write;
  }

  /** Forgets a value, so that its next write counts as its first write. */
  forget(value: string): void {
    this.#values.delete(value);
    this.#repeated.delete(value);
  }

  /** @param certain true if the app acknowledged the write and the session was live */
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

  /** Called when a read of this object ends, or when a request for another object of the same session or user ends. */
  otherEnded(other: Operation): void {
    const changes = this.#others.has(other.id);
    if (changes && other.outcome === 'info') this.#indeterminate.set(other.id, other);
    else if (changes) this.#otherOver(other);
    const shown = this.#indeterminate.size > 0 ? this.#shownIn(other) : [];
    // The app loaded its data after the writes that this read shows, so the read cannot undo them.
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
    const { saw = [] } = read;
    for (const id of this.#indeterminate.keys()) {
      const write = this.open.get(id);
      const other = this.#others.get(id);
      const start = write?.start ?? other;
      const value = start === undefined ? undefined : shownValue(start);
      if (value === undefined || !saw.includes(value)) continue;
      // A count does not show which write took effect.
      if (this.#kind === 'counter' || this.#repeated.has(value)) continue;
      this.#indeterminate.delete(id);
      if (other !== undefined) this.#otherOver(overAt(other, read));
      if (write !== undefined) shown.push(write);
    }
    return shown;
  }

  #mark(other: Start | Operation): void {
    for (const write of this.open.values()) write.overlapping = other;
    if (this.#allBefore(other)) return;
    for (const { write, operation } of this.#recent) {
      const over = other.type === 'op' && precedes(other, operation);
      if (!over && !precedes(operation, other)) write.overlapping = other;
    }
  }

  overBefore(other: Operation): boolean {
    if (this.open.size > 0 || this.#others.size > 0 || !this.#allBefore(other)) return false;
    return this.#lastOther === undefined || precedes(this.#lastOther, other);
  }

  /** Returns whether all writes had a response before this operation was called. Writes of outcome `info` count too. */
  returnedBefore(other: Operation): boolean {
    if (!this.#allBefore(other)) return false;
    for (const [id, { start }] of this.open)
      if (!precedes(this.#indeterminate.get(id) ?? start, other)) return false;
    return true;
  }

  #allBefore(operation: Operation | Start): boolean {
    return this.#last === undefined || precedes(this.#last, operation);
  }
}

/** Returns the operation whose response came later. Ignores an operation without a response. */
const later = (a: Operation | undefined, b: Operation): Operation | undefined =>
  b.return === undefined || (a?.return ?? 0) >= b.return ? a : b;

const overAt = (start: Start, { call, return: end = call }: Operation): Operation => ({
  ...unfinished(start),
  return: end,
});

function pair(a: Write, b: Write): void {
  if (a.rivals.length < RIVALS) a.rivals.push(b);
  if (b.rivals.length < RIVALS) b.rivals.push(a);
}
