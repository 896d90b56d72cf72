import type { ObjectEvent, Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { countOf, rises } from './models.ts';
import { acknowledged, type Overlaps, overlapped, type Write } from './overlaps.ts';
import {
  isOlderVersion,
  type Lost,
  NOTHING,
  type ObjectState,
  Reader,
  Readers,
  type ReadFacts,
} from './read-facts.ts';

class Viewer extends Reader {
  written?: Write;
  writtenIn?: number;
  readIn?: number;
}

/** Maximum number of increments that are kept one by one. Of earlier increments, only the sum is kept. */
const KEPT = 64;

/** Tracks a counter in phases. A set, clear or decrement begins a phase, within which the counter only rises. */
export class Counter implements ObjectState {
  /** Smallest count that a read can show; undefined if not known. */
  #base: number | undefined;
  #most: number | undefined;
  #rises: Write[] = [];
  /** Sum of older increments that an overlapping request may have undone. */
  #undoable = 0;
  /** Count after all acknowledged increments; undefined if not known. */
  #sum: number | undefined;
  /** Acknowledged increments that the count must include when no write is in flight. */
  #owed: Write[] = [];
  #phase = 0;
  /** Operations that set, clear or decrement the counter and may still take effect. */
  #falls: Write[] = [];
  #fall: Operation | undefined;
  readonly #overlaps: Overlaps;
  readonly readers = new Readers(session => new Viewer(session));

  constructor({ initial }: ObjectEvent, overlaps: Overlaps) {
    this.#overlaps = overlaps;
    this.#begin(initial === undefined ? undefined : countOf(initial));
    this.#most = this.#base;
  }

  #begin(count: number | undefined): void {
    this.#base = count;
    this.#sum = count;
    this.#rises = [];
    this.#owed = [];
  }

  started(write: Write): void {
    if (!rises(write.effect)) {
      this.#falls.push(write);
      return;
    }
    this.#rises.push(write);
    if (this.#most !== undefined) this.#most += byOf(write);
    if (this.#rises.length > KEPT) this.#fold();
  }

  /** Adds the oldest increment to `#undoable` if an overlapping request may undo it, else to `#base`. */
  #fold(): void {
    const oldest = this.#rises.shift();
    if (oldest === undefined || this.#base === undefined) return;
    if (!acknowledged(oldest) || overlapped(oldest)) this.#undoable += byOf(oldest);
    else this.#base += byOf(oldest);
  }

  wrote(write: Write, operation: Operation): void {
    const { outcome, session } = operation;
    if (rises(write.effect)) this.#rose(write, outcome);
    else this.#fell(write, operation);
    if (outcome !== 'ok') return;
    const reader = this.readers.of(session);
    if (reader.written?.end !== undefined && isOlderVersion(reader.written.end, operation)) return;
    reader.written = write;
    reader.writtenIn = this.#phase;
  }

  #rose(write: Write, outcome: Operation['outcome']): void {
    if (write.certain && this.#sum !== undefined && this.#falls.length === 0) {
      this.#sum += byOf(write);
      this.#owed.push(write);
    }
    if (outcome !== 'fail') return;
    this.#rises = this.#rises.filter(rise => rise !== write);
    if (this.#most !== undefined) this.#most -= byOf(write);
  }

  #fell(write: Write, operation: Operation): void {
    const { effect } = write;
    if (operation.outcome === 'info') return;
    this.#falls = this.#falls.filter(fall => fall !== write);
    if (operation.outcome === 'fail') return;
    const exact = this.#least(operation) === this.#most ? this.#most : undefined;
    this.#phase++;
    this.#fall = operation;
    this.#undoable = 0;
    this.#begin(undefined);
    if (effect?.does === 'replaces' && !overlapped(write)) this.#begin(countOf(effect.values));
    if (effect?.does === 'counts' && !overlapped(write) && exact !== undefined)
      this.#begin(exact + effect.by);
    this.#most = this.#base;
  }

  /** Returns the smallest count that a read can show if it is sent after this operation. */
  #least({ return: at = 0 }: Operation): number | undefined {
    if (this.#base === undefined) return undefined;
    let least = this.#base;
    for (const write of this.#rises)
      if (acknowledged(write) && !overlapped(write) && (write.end?.return ?? at) <= at) least += byOf(write);
    return least;
  }

  settle(read: Operation): readonly Write[] {
    if (this.#sum === undefined || this.#falls.length > 0 || countOf(read.saw) < this.#sum) return NOTHING;
    const found = this.#owed;
    this.#owed = [];
    return found;
  }

  lost(read: Operation): Lost | undefined {
    const searched = this.#owed;
    if (this.#sum === undefined || this.#falls.length > 0) return undefined;
    const least = searched
      .filter(({ end }) => end === undefined || !precedes(end, read))
      .reduce((sum, write) => sum - byOf(write), this.#sum);
    const write = searched.find(overlapped);
    if (write === undefined || countOf(read.saw) >= least) return { lost: NOTHING, searched };
    return { lost: [{ value: String(least), write, showed: undefined, read }], searched };
  }

  read(read: Operation, facts: ReadFacts): void {
    const count = countOf(read.saw);
    const reader = this.readers.of(read.session);
    const versions = read.version !== undefined;
    if (Number.isNaN(count) || (this.#falls.length > 0 && !versions)) return;
    this.#againstWrite(read, count, reader, facts);
    this.#againstRead(read, count, reader, facts);
    // No write is in flight, so the shown count is exact.
    if (this.#base === undefined && this.#overlaps.overBefore(read)) this.#begin(count);
    reader.last = read;
    reader.readIn = this.#phase;
  }

  #againstWrite(read: Operation, count: number, reader: Viewer, facts: ReadFacts): void {
    const { written, writtenIn } = reader;
    if (written?.end === undefined || !precedes(written.end, read)) return;
    const wrote = written.end;
    let older = isOlderVersion(wrote, read);
    if (older === undefined) {
      const least = writtenIn === this.#phase && !overlapped(written) ? this.#least(wrote) : undefined;
      if (least === undefined) return;
      const ownFall = this.#fall?.session === read.session && precedes(this.#fall, read);
      older = count < least || (ownFall && this.#most !== undefined && count > this.#most);
    }
    facts.write = wrote;
    if (older) facts.stale.push(outdated(wrote, 'acknowledged', read));
  }

  #againstRead(read: Operation, count: number, reader: Viewer, facts: ReadFacts): void {
    const { last, readIn } = reader;
    if (last === undefined || !precedes(last, read)) return;
    const before = countOf(last.saw);
    let older = isOlderVersion(last, read);
    if (older === undefined) {
      if (readIn !== this.#phase || this.#base === undefined || before <= this.#base) return;
      const undone = this.#rises.filter(overlapped).reduce((sum, write) => sum + byOf(write), this.#undoable);
      older = count + undone < before;
      if (undone > 0 && !older) return;
    }
    facts.read = last;
    if (older) facts.back.push(outdated(last, `showed ${before}`, read));
  }
}

const byOf = ({ effect }: Write): number => (effect?.does === 'counts' ? effect.by : 0);

const outdated = (against: Operation, was: string, read: Operation) => ({
  against,
  was,
  expected: 'the same state or a later one',
  came: `showed ${countOf(read.saw)}, an older state`,
});
