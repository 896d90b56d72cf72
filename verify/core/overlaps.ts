/** Tells which writes of one object overlapped one another, or a read. */
import { precedes } from './clocks.ts';
import type { Operation, Start } from './history.ts';

export interface Write {
  start: Start;
  /** Once it has ended and certainly happened. */
  acknowledged?: Operation;
  /** The first few writes that overlapped it. */
  rivals: Write[];
  /** A read that did. */
  read?: Operation;
  /** A removal may have taken away what it added, or a reset of the whole object: nothing is owed. */
  excused: boolean;
}

/** Rivals kept of each write: enough to find one that another instance served. */
const RIVALS = 8;
/** Ended writes that a later call is compared with. */
const RECENT = 64;

export class Overlaps {
  readonly open = new Map<number, Write>();
  #recent: { write: Write; operation: Operation }[] = [];
  /** The write that returned last. */
  #last: Operation | undefined;

  started(start: Start): Write {
    const write: Write = { start, rivals: [], excused: false };
    for (const other of this.open.values()) pair(write, other);
    if (!this.#allBefore(start)) {
      for (const { write: other, operation } of this.#recent)
        if (!precedes(operation, start)) pair(write, other);
    }
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

  read(read: Operation): void {
    for (const write of this.open.values()) write.read = read;
    if (this.#allBefore(read)) return;
    for (const { write, operation } of this.#recent) {
      if (!precedes(operation, read) && !precedes(read, operation)) write.read = read;
    }
  }

  /** Whether all writes had returned when the read was called. */
  overBefore(read: Operation): boolean {
    return this.open.size === 0 && this.#allBefore(read);
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
