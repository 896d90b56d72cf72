/**
 * Follows a set, list or bag of unique values: finds which earlier write or read of the same session a read
 * contradicts.
 */

import type { ObjectEvent, ObjectKind, Operation, Start } from '../history/history.ts';
import { alike } from '../models.ts';
import { precedes } from '../timeline/clocks.ts';
import { effectOf } from './effect.ts';
import { Overlaps, type Write } from './overlaps.ts';
import { type ObjectState, Readers, type ReadFacts } from './read-facts.ts';
import type { Sifted } from './sift.ts';
import {
  contradiction,
  lacking,
  mayBeGone,
  mayRemove,
  mustBeGone,
  mustShow,
  newValue,
  type Removing,
  raced,
  shows,
  suspect,
  type Value,
  type Viewer,
  viewer,
} from './value.ts';

/** Maximum number of removed values that are remembered for an object, to detect a value that comes back. */
const REMEMBERED = 1000;
/** Maximum number of replacements of all values that are remembered for an object. */
const REPLACEMENTS = 16;

const NOTHING: readonly string[] = [];
const NOTHING_COMPARED = { write: undefined, read: false, next: false };

/** Counts of the values in one read. */
interface Seen {
  different: number;
  /** Number of values in `different` that are not known to be removed. */
  present: number;
  /** True if a change may have removed one of the values, or may still remove one. */
  removing: boolean;
}

/** Follows a set, list or bag. A state is later than another state if it has the values that were added in between. */
export class Values implements ObjectState {
  readonly name: string;
  readonly #kind: ObjectKind;
  readonly #present = new Map<string, Value>();
  readonly #removed = new Map<string, Value>();
  readonly #initial: ReadonlySet<string>;
  readonly #cap: number;
  readonly #readers = new Readers(viewer);
  /** The last replacements of all values. A replacement may remove a value whose add overlaps the replacement. */
  readonly #replacements: Removing[] = [];
  readonly #overlaps: Overlaps;
  #reads = 0;
  /** Number of events so far that may change what a read must show. */
  #changes = 0;

  constructor({ object, kind, cap, initial = [] }: ObjectEvent) {
    this.name = object;
    this.#kind = kind;
    this.#overlaps = new Overlaps(kind);
    this.#cap = cap ?? Number.POSITIVE_INFINITY;
    this.#initial = new Set(initial);
    for (const value of initial) this.#present.set(value, newValue(value));
  }

  started(start: Start): void {
    this.#changes++;
    const write = this.#overlaps.started(start);
    const effect = effectOf(this.#kind, start);
    if (effect?.does === 'replaces') this.#replacing(effect.values, { start, write, whole: true });
    else if (effect?.does === 'removes') mayRemove(this.#of(effect.value), { start, write, whole: false });
    else if (effect?.does === 'adds') this.#adding(effect.value, start, write);
  }

  #replacing(values: readonly string[], replacing: Removing): void {
    for (const known of this.#present.values())
      if (!values.includes(known.value)) mayRemove(known, replacing);
    for (const known of this.#removed.values())
      if (!values.includes(known.value)) mayRemove(known, replacing);
    for (const value of values) this.#adding(value, replacing.start, replacing.write);
    this.#replacements.push(replacing);
    if (this.#replacements.length > REPLACEMENTS) this.#replacements.shift();
  }

  #adding(value: string, start: Start, write: Write): void {
    this.#forget(value);
    const known = this.#of(value);
    known.writes.push(write);
    for (let i = 0; i < this.#replacements.length; i++) {
      const replacing = this.#replacements[i] as Removing;
      const { over } = replacing.write;
      if (over === undefined || !precedes(over, start)) mayRemove(known, replacing);
    }
  }

  wrote(operation: Operation): void {
    this.#changes++;
    const acknowledged = operation.outcome === 'ok';
    this.#overlaps.ended(operation, acknowledged);
    const reader = acknowledged ? this.#readers.of(operation.session) : undefined;
    if (reader !== undefined) reader.wrote = operation;
    const effect = effectOf(this.#kind, operation);
    if (effect?.does === 'replaces') this.#replaced(effect.values, operation, reader);
    else if (effect?.does === 'removes') this.#takenOut(this.#of(effect.value), operation, reader);
    else if (effect?.does === 'adds') this.#added(this.#of(effect.value), operation, reader);
  }

  #added(known: Value, operation: Operation, reader: Viewer | undefined): void {
    if (reader !== undefined) {
      known.add = operation;
      reader.added.push(known);
    } else if (operation.outcome === 'fail') this.#refused(known, operation);
  }

  /** Removes a value whose only add was refused: it is not in the object and does not count for the cap. */
  #refused(known: Value, { id }: Operation): void {
    const { value, add, writes, shownIn } = known;
    if (add !== undefined || shownIn > 0 || this.#initial.has(value)) return;
    if (writes.every(({ start }) => start.id === id)) this.#remove(known);
  }

  #takenOut(known: Value, operation: Operation, reader: Viewer | undefined): void {
    const own = known.removing.find(({ start }) => start.id === operation.id);
    if (own !== undefined) own.end = operation;
    if (reader === undefined) return;
    reader.removed = { end: operation, value: known };
    this.#remove(known);
  }

  #replaced(values: readonly string[], operation: Operation, reader: Viewer | undefined): void {
    const own = this.#replacements.find(({ start }) => start.id === operation.id);
    if (own !== undefined) own.end = operation;
    for (const value of values) this.#added(this.#of(value), operation, reader);
    if (reader === undefined) return;
    for (const known of [...this.#present.values()]) {
      if (values.includes(known.value)) continue;
      // A value whose add overlapped the replacement may have been added before or after it.
      if (known.add === undefined || !precedes(known.add, operation)) continue;
      reader.removed = { end: operation, value: known };
      this.#remove(known);
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

  #remove(known: Value): void {
    const { value } = known;
    known.present = false;
    this.#present.delete(value);
    this.#removed.set(value, known);
    if (this.#removed.size <= REMEMBERED) return;
    const [oldest] = this.#removed.keys();
    if (oldest !== undefined) this.#forget(oldest);
  }

  /** Forgets a removed value. */
  #forget(value: string): void {
    const known = this.#removed.get(value);
    if (known === undefined) return;
    known.forgotten = true;
    this.#removed.delete(value);
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

  read(read: Operation & Sifted, facts: ReadFacts): void {
    const reader = this.#readers.of(read.session);
    const { last } = reader;
    const after = last !== undefined && precedes(last, read);
    reader.last = read;
    // The read shows the same state as the previous read, which contradicted nothing and left nothing open.
    if (reader.settled === this.#changes && last !== undefined && alike(last.saw ?? [], read.saw ?? [])) {
      facts.fresh = NOTHING;
      reader.compared.read = reader.compared.next;
    } else {
      reader.compared = NOTHING_COMPARED;
      const owed = this.#compare(read, reader, facts);
      reader.settled = owed || reader.suspects.size > 0 ? -1 : this.#changes;
    }
    facts.write = reader.compared.write;
    facts.again = reader.compared.next;
    if (after && reader.compared.read) facts.read = last;
  }

  /**
   * Compares a read. Returns whether a later read with the same state might be a contradiction although this read is
   * not.
   */
  #compare(read: Operation & Sifted, reader: Viewer, facts: ReadFacts): boolean {
    const number = ++this.#reads;
    const before = reader.values;
    const seen = this.#look(read, number, reader, facts);
    // Above its cap, the app may drop any value.
    if (this.#present.size + (read.foreign ?? 0) > this.#cap) return true;
    // Each write in flight may write back an older state that it loaded.
    const quiet = this.#overlaps.overBefore(read);
    const held = (known: Value): boolean => mustShow(known, read, quiet);
    reader.compared = {
      write: this.#comparedWrite(read, quiet, reader),
      read: before.some(held),
      next: reader.values.some(held),
    };
    // Most reads show all present values and all values that were shown before: then nothing is missing.
    const misses = seen.present < this.#present.size && this.#misses(read, number, quiet, reader, facts);
    const lacks =
      (seen.removing || seen.different < reader.shown.size) && lacking(read, number, quiet, reader, facts);
    return seen.removing || misses || lacks;
  }

  /** Returns the session's last write that would be reported if this read did not show its effect. */
  #comparedWrite(read: Operation, quiet: boolean, reader: Viewer): Operation | undefined {
    const { added, removed } = reader;
    while (added.at(-1)?.present === false) added.pop();
    let write: Operation | undefined;
    for (let i = added.length - 1; i >= 0 && write === undefined; i--) {
      const known = added[i] as Value;
      const { add } = known;
      if (add !== undefined && precedes(add, read) && mustShow(known, read, quiet)) write = add;
    }
    if (removed === undefined || raced(removed.value) || mustBeGone(removed.value, read) === undefined)
      return write;
    return write === undefined || precedes(write, removed.end) ? removed.end : write;
  }

  /**
   * Records the values of a read. Fast path: if the session's previous read showed the same value at the same place, a
   * comparison of the two texts finds it, several times faster than a lookup. That read recorded the value, so nothing
   * is left to do unless a change may remove it.
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
      // After a removal, the following values have moved up by one place.
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

  /** Reports the session's own acknowledged adds that the read lacks. Returns whether the read lacks any. */
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
