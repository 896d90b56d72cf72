/** Facts about what reads show of a set, list or bag: which earlier write or read of its session one contradicts. */
import { precedes } from './clocks.ts';
import type { ObjectEvent, Operation, Start } from './history.ts';
import { alike } from './models.ts';
import { Overlaps, type Write } from './overlaps.ts';
import { type ObjectState, type ReadFacts, readerOf } from './read-facts.ts';
import {
  contradiction,
  lacking,
  mayBeGone,
  mayRemove,
  newValue,
  type Removing,
  raced,
  shows,
  suspect,
  type Value,
  type Viewer,
  viewer,
} from './value.ts';

/** Removed values that are remembered, for an object: enough to see one come back, and bounded. */
const REMEMBERED = 1000;
/** Clears that are remembered, for an object. */
const CLEARS = 16;

const NOTHING: readonly string[] = [];

/** Of the values that a read shows. */
interface Seen {
  different: number;
  /** Of these: how many are not known to be removed. */
  present: number;
  /** Something may remove one of them, or have removed it. */
  removing: boolean;
}

/** A set, list or bag of unique values: one state is later than another when it has what was added since. */
export class Values implements ObjectState {
  readonly name: string;
  readonly #present = new Map<string, Value>();
  readonly #removed = new Map<string, Value>();
  readonly #cap: number;
  readonly #readers: Viewer[] = [];
  /** The last clears: what is added while one is under way may be gone with it. */
  readonly #clears: Removing[] = [];
  readonly #overlaps = new Overlaps();
  /** A write may still take effect, at any time. */
  #doubtful = false;
  #reads = 0;
  /** Rises with every event that may change what a read must show. */
  #changes = 0;

  constructor(kind: ObjectEvent) {
    this.name = kind.object;
    this.#cap = kind.cap ?? Number.POSITIVE_INFINITY;
    for (const value of kind.initial ?? []) this.#present.set(value, newValue(value));
  }

  started(start: Start): void {
    this.#changes++;
    const { action, value } = start;
    const write = this.#overlaps.started(start);
    if (action === 'clear') {
      const clear: Removing = { start, write };
      for (const known of this.#present.values()) mayRemove(known, clear);
      for (const known of this.#removed.values()) mayRemove(known, clear);
      this.#clears.push(clear);
      if (this.#clears.length > CLEARS) this.#clears.shift();
    } else if (value !== undefined && action === 'remove') mayRemove(this.#of(value), { start, write });
    else if (value !== undefined && action === 'add') this.#adding(value, start, write);
  }

  wrote(operation: Operation): void {
    this.#changes++;
    const { action, value, outcome } = operation;
    this.#overlaps.ended(operation, outcome === 'ok');
    if (outcome === 'info') this.#doubtful = true;
    if (action === 'clear') this.#cleared(operation);
    else if (value !== undefined) {
      const known = this.#of(value);
      if (action === 'remove') this.#removing(value, known, operation);
      if (action === 'add' && outcome === 'ok') known.add = operation;
    }
    if (outcome === 'ok') readerOf(this.#readers, operation.session, viewer).wrote = operation;
  }

  #removing(value: string, known: Value, operation: Operation): void {
    const own = known.removing.find(({ start }) => start.id === operation.id);
    if (own !== undefined) own.end = operation;
    if (operation.outcome === 'ok') this.#remove(value, known);
  }

  #adding(value: string, start: Start, write: Write): void {
    this.#forget(value);
    const known = this.#of(value);
    known.writes.push(write);
    for (let i = 0; i < this.#clears.length; i++) {
      const clear = this.#clears[i] as Removing;
      if (clear.end === undefined || !precedes(clear.end, start)) mayRemove(known, clear);
    }
  }

  #of(value: string): Value {
    let known = this.#present.get(value) ?? this.#removed.get(value);
    if (known === undefined) {
      known = newValue(value);
      this.#present.set(value, known);
    }
    return known;
  }

  #cleared(clear: Operation): void {
    const own = this.#clears.find(({ start }) => start.id === clear.id);
    if (own !== undefined) own.end = clear;
    if (clear.outcome !== 'ok') return;
    for (const [value, { add }] of this.#present) {
      // What was added while it was cleared may have come before or after.
      if (add !== undefined && precedes(add, clear)) this.#remove(value, this.#of(value));
    }
  }

  #remove(value: string, known: Value): void {
    known.present = false;
    this.#present.delete(value);
    this.#removed.set(value, known);
    if (this.#removed.size <= REMEMBERED) return;
    const [oldest] = this.#removed.keys();
    if (oldest !== undefined) this.#forget(oldest);
  }

  /** Of the removed values. */
  #forget(value: string): void {
    const known = this.#removed.get(value);
    if (known === undefined) return;
    known.forgotten = true;
    this.#removed.delete(value);
  }

  besideStarted(other: Start): void {
    this.#overlaps.besideStarted(other);
  }

  beside(other: Operation): void {
    this.#overlaps.beside(other);
  }

  read(read: Operation, facts: ReadFacts): void {
    const reader = readerOf(this.#readers, read.session, viewer);
    const { last, wrote } = reader;
    if (last !== undefined && precedes(last, read)) facts.read = last;
    if (wrote !== undefined && precedes(wrote, read)) facts.write = wrote;
    reader.last = read;
    // The same state as before, which contradicted nothing and owed nothing: so does this one.
    if (reader.settled === this.#changes && last !== undefined && alike(last.saw ?? [], read.saw ?? [])) {
      facts.fresh = NOTHING;
      return;
    }
    const owed = this.#compare(read, reader, facts);
    reader.settled = owed || reader.suspects.size > 0 ? -1 : this.#changes;
  }

  /** @returns whether a later read with the same state might contradict what this one need not show yet */
  #compare(read: Operation, reader: Viewer, facts: ReadFacts): boolean {
    const number = ++this.#reads;
    const seen = this.#look(read, number, reader, facts);
    if (this.#present.size > this.#cap) return true;
    // While writes are under way each may write a state that it loaded before.
    const quiet = !this.#doubtful && this.#overlaps.overBefore(read);
    // Most reads show all that is there and all that was shown before: then nothing is missing.
    const misses = seen.present < this.#present.size && this.#misses(read, number, quiet, reader, facts);
    const lacks =
      (seen.removing || seen.different < reader.shown.size) && lacking(read, number, quiet, reader, facts);
    return seen.removing || misses || lacks;
  }

  /**
   * Takes in what a read shows. Subtle: one that the session's read before showed too is told by comparing the two
   * texts in their places, several times faster than by looking it up. It was taken in then, so that there is nothing
   * left to do unless something may remove it.
   */
  #look(read: Operation, number: number, reader: Viewer, facts: ReadFacts): Seen {
    const { saw = [] } = read;
    const before = reader.values;
    const values: Value[] = [];
    const fresh: string[] = [];
    const seen: Seen = { different: 0, present: 0, removing: false };
    let at = 0;
    for (let i = 0; i < saw.length; i++) {
      const value = saw[i] as string;
      // Where one was taken out, the others have moved up.
      if (before[at]?.value !== value && before[at + 1]?.value === value) at++;
      const again = before[at];
      const shown = again?.value === value && !again.forgotten;
      const known = shown ? again : this.#of(value);
      if (shown) at++;
      else fresh.push(value);
      values.push(known);
      if (known.shownIn !== number) {
        known.shownIn = number;
        seen.different++;
        if (known.present) seen.present++;
      }
      if (known.removing.length > 0) seen.removing = true;
      else if (shown && reader.suspects.size === 0) continue;
      shows(known, read, reader, facts);
    }
    reader.values = values;
    facts.fresh = fresh;
    return seen;
  }

  /** Looks for the session's own acknowledged adds. @returns whether some of the values are not there */
  #misses(read: Operation, number: number, quiet: boolean, reader: Viewer, facts: ReadFacts): boolean {
    let owed = false;
    this.#present.forEach(known => {
      const { value, add } = known;
      if (known.shownIn === number || add?.session !== read.session || known.missed) return;
      owed = true;
      if (!precedes(add, read) || mayBeGone(known, read)) return;
      if (raced(known)) {
        if (quiet) suspect(known, read, reader, 'stale');
        return;
      }
      facts.stale.push(contradiction(add, 'acknowledged', `"${value}" in it`, `"${value}" is not there`));
      known.missed = true;
    });
    return owed;
  }
}
