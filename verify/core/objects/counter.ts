/** Follows a counter: finds which earlier write or read of the same session a read contradicts. */

import type { ObjectEvent, Operation, Start } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { countOf, type Effect, effectOf, rises } from './effect.ts';
import { Overlaps, overlapped, type Write } from './overlaps.ts';
import { type ObjectState, type Reader, Readers, type ReadFacts } from './read-facts.ts';

interface Viewer extends Reader {
  /** The write that `wrote` ended, and its phase. */
  written?: Write;
  writtenIn?: number;
  /** The phase of the last read. */
  readIn?: number;
}

const viewer = (session: string): Viewer => ({ session });

/** Maximum number of increments of a phase that are kept, since a request that overlapped one may end later. */
const KEPT = 64;

/**
 * Follows a counter in phases. A set, a clear or a decrement begins a new phase. Within a phase a counter only rises,
 * so a larger count is a later state. A request that overlapped an increment may undo it, so a read need not show this
 * increment.
 */
export class Counter implements ObjectState {
  readonly name: string;
  /** The count at the begin of the phase; undefined while it is not known. */
  #base: number | undefined;
  /** The largest count that the phase can have; undefined while it is not known. */
  #most: number | undefined;
  /** The last increments of the phase that were called. Earlier ones are included in `#base`. */
  #rises: { write: Write; by: number }[] = [];
  /** Sum of earlier increments that may have been undone by a request that overlapped them. */
  #undoable = 0;
  #phase = 0;
  /** Sets, clears and decrements that may still take effect. */
  #falls: Write[] = [];
  /** The change that began the phase. */
  #fall: Operation | undefined;
  readonly #overlaps = new Overlaps('counter');
  readonly #readers = new Readers(viewer);

  constructor({ object, initial }: ObjectEvent) {
    this.name = object;
    if (initial !== undefined) this.#base = countOf(initial);
    this.#most = this.#base;
  }

  started(start: Start): void {
    const write = this.#overlaps.started(start);
    const effect = effectOf('counter', start);
    if (effect?.does !== 'counts' || !rises(effect)) {
      if (effect !== undefined) this.#falls.push(write);
      return;
    }
    this.#rises.push({ write, by: effect.by });
    if (this.#most !== undefined) this.#most += effect.by;
    if (this.#rises.length > KEPT) this.#fold();
  }

  /** Removes the oldest increment from `#rises` and adds it to `#base`. */
  #fold(): void {
    const oldest = this.#rises.shift();
    if (oldest === undefined || this.#base === undefined) return;
    const { write, by } = oldest;
    if (write.acknowledged === undefined || overlapped(write)) this.#undoable += by;
    else this.#base += by;
  }

  sessionEnded(session: string): void {
    this.#readers.forget(session);
  }

  besideStarted(other: Start): void {
    this.#overlaps.besideStarted(other);
  }

  beside(other: Operation): void {
    this.#overlaps.beside(other);
  }

  wrote(operation: Operation): void {
    const { outcome, version, session } = operation;
    const write = this.#overlaps.ended(operation, outcome === 'ok');
    const effect = effectOf('counter', operation);
    if (effect === undefined) return;
    if (effect.does === 'counts' && rises(effect)) this.#rose(write, effect.by, outcome);
    else this.#fell(write, effect, operation);
    if (outcome !== 'ok') return;
    const reader = this.#readers.of(session);
    if (version !== undefined && version < (reader.wrote?.version ?? 0)) return;
    reader.wrote = operation;
    reader.written = write;
    reader.writtenIn = this.#phase;
  }

  #rose(write: Write, by: number, outcome: Operation['outcome']): void {
    if (outcome !== 'fail') return;
    this.#rises = this.#rises.filter(rise => rise.write !== write);
    if (this.#most !== undefined) this.#most -= by;
  }

  #fell(write: Write, effect: Effect, operation: Operation): void {
    if (operation.outcome === 'info') return;
    this.#falls = this.#falls.filter(fall => fall !== write);
    if (operation.outcome === 'fail') return;
    const exact = this.#least(operation) === this.#most ? this.#most : undefined;
    this.#phase++;
    this.#fall = operation;
    this.#rises = [];
    this.#undoable = 0;
    this.#base = undefined;
    if (effect.does === 'replaces' && !overlapped(write)) this.#base = countOf(effect.values);
    if (effect.does === 'counts' && !overlapped(write) && exact !== undefined) this.#base = exact + effect.by;
    this.#most = this.#base;
  }

  /** Returns the smallest count that the counter may have after the operation has ended. */
  #least({ return: end = 0 }: Operation): number | undefined {
    if (this.#base === undefined) return undefined;
    let least = this.#base;
    for (const { write, by } of this.#rises) {
      const { acknowledged } = write;
      if (acknowledged !== undefined && !overlapped(write) && (acknowledged.return ?? end) <= end)
        least += by;
    }
    return least;
  }

  read(read: Operation, facts: ReadFacts): void {
    const count = countOf(read.saw);
    const reader = this.#readers.of(read.session);
    const versions = read.version !== undefined;
    if (Number.isNaN(count) || (this.#falls.length > 0 && !versions)) return;
    this.#againstWrite(read, count, reader, facts);
    this.#againstRead(read, count, reader, facts);
    // The first read that no change overlaps shows the base of the phase.
    if (this.#base === undefined && this.#overlaps.overBefore(read)) {
      this.#base = count;
      this.#rises = [];
    }
    reader.last = read;
    reader.readIn = this.#phase;
  }

  #againstWrite(read: Operation, count: number, reader: Viewer, facts: ReadFacts): void {
    const { wrote, written, writtenIn } = reader;
    if (wrote === undefined || written === undefined || !precedes(wrote, read)) return;
    if (wrote.version !== undefined && read.version !== undefined) {
      facts.write = wrote;
      if (read.version < wrote.version) facts.stale.push(outdated(wrote, 'acknowledged', read));
      return;
    }
    const least = writtenIn === this.#phase && !overlapped(written) ? this.#least(wrote) : undefined;
    if (least === undefined) return;
    facts.write = wrote;
    const ownFall = this.#fall?.session === read.session && precedes(this.#fall, read);
    const tooMany = ownFall && this.#most !== undefined && count > this.#most;
    if (count < least || tooMany) facts.stale.push(outdated(wrote, 'acknowledged', read));
  }

  #againstRead(read: Operation, count: number, reader: Viewer, facts: ReadFacts): void {
    const { last, readIn } = reader;
    if (last === undefined || !precedes(last, read)) return;
    const before = countOf(last.saw);
    if (last.version !== undefined && read.version !== undefined) {
      facts.read = last;
      if (read.version < last.version) facts.back.push(outdated(last, `showed ${before}`, read));
      return;
    }
    // No state of a phase is older than the first state of the phase.
    if (readIn !== this.#phase || this.#base === undefined || before <= this.#base) return;
    const undoable = this.#rises.reduce(
      (sum, { write, by }) => sum + (overlapped(write) ? by : 0),
      this.#undoable,
    );
    if (count + undoable < before) facts.back.push(outdated(last, `showed ${before}`, read));
    if (undoable === 0 || count + undoable < before) facts.read = last;
  }
}

const outdated = (against: Operation, was: string, read: Operation) => ({
  against,
  was,
  expected: 'the same state or a later one',
  came: `showed ${countOf(read.saw)}, an older state`,
});
