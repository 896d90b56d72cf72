/** Tells which writes of one object overlapped one another, or another request of their session or user. */
import { precedes } from './clocks.ts';
import type { Operation, Start } from './history.ts';

export interface Write {
  start: Start;
  /** Once it has ended and certainly happened. */
  acknowledged?: Operation;
  /** The first few writes that overlapped it. */
  rivals: Write[];
  /** Another request that did: it may have written back what it had loaded before. */
  beside?: Start | Operation;
  /** A removal may have taken away what it added, or a reset of the whole object: nothing is owed. */
  excused: boolean;
}

/** Whether a write overlapped another request, which may have undone it. */
export const overlapped = ({ rivals, beside }: Write): boolean => rivals.length > 0 || beside !== undefined;

/** Rivals kept of each write: enough to find one that another instance served. */
const RIVALS = 8;
/** Ended writes that a later call is compared with. */
const RECENT = 64;

export class Overlaps {
  readonly open = new Map<number, Write>();
  #recent: { write: Write; operation: Operation }[] = [];
  /** The write that returned last. */
  #last: Operation | undefined;
  /** Changes of other objects that are under way, by their ids; those that never end stay. */
  readonly #others = new Map<number, Start>();

  started(start: Start): Write {
    const write: Write = { start, rivals: [], excused: false };
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

  ended(operation: Operation, certain: boolean): Write {
    const write = this.open.get(operation.id) ?? this.started({ ...operation, type: 'start' });
    this.open.delete(operation.id);
    if (certain) write.acknowledged = operation;
    if (operation.return === undefined) return write;
    if (this.#last === undefined || operation.return > (this.#last.return ?? 0)) this.#last = operation;
    this.#recent.push({ write, operation });
    if (this.#recent.length > RECENT) this.#recent = this.#recent.slice(RECENT / 2);
    return write;
  }

  /** Another object of the session or the user is changed. */
  besideStarted(other: Start): void {
    this.#others.set(other.id, other);
    this.#mark(other);
  }

  /** Any other request has ended: a read of the object, or whatever its session or user did meanwhile. */
  beside(other: Operation): void {
    if (other.return !== undefined) this.#others.delete(other.id);
    this.#mark(other);
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

  /** Whether all writes had returned when the request was called. */
  overBefore(other: Operation): boolean {
    return this.open.size === 0 && this.#allBefore(other);
  }

  /** Whether every ended write was over before: mostly so, and then none needs to be looked at. */
  #allBefore(operation: Operation | Start): boolean {
    return this.#last === undefined || precedes(this.#last, operation);
  }
}

function pair(a: Write, b: Write): void {
  if (a.rivals.length < RIVALS) a.rivals.push(b);
  if (b.rivals.length < RIVALS) b.rivals.push(a);
}
