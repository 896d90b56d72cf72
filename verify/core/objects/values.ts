/** Follows a set, list or bag. Finds reads that contradict an earlier write or read of the same session. */
import type { ObjectEvent, Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { alike } from './models.ts';
import { type Overlaps, overlapped, type Write } from './overlaps.ts';
import { OwedValues } from './owed-values.ts';
import {
  type DueValue,
  type KeptValue,
  type Lost,
  type NewestAdd,
  NOTHING,
  type ObjectState,
  Readers,
  type ReadFacts,
} from './read-facts.ts';
import { RemovedValues } from './removed-values.ts';
import type { Sifted } from './sift.ts';
import {
  contradiction,
  hasAdded,
  lacking,
  mayBeGone,
  mayRemove,
  mustBeGone,
  mustShow,
  newValue,
  raced,
  shows,
  suspect,
  type Value,
  type Viewer,
  viewer,
} from './value.ts';

/** Maximum number of sets and clears of an object that are remembered. */
const REPLACEMENTS = 16;

const NOTHING_COMPARED = { write: undefined, read: false, next: false };

/** What was counted in one read. `different`: its different values. */
interface ReadCounts {
  different: number;
  /** Those in `different` that are not known to be removed. */
  present: number;
  /** True if one of the values may be removed. */
  removing: boolean;
}

/**
 * Returns whether a list shows an add of its session and lacks a later acknowledged one. Then it does not show the
 * newest values.
 *
 * @param added the values of the session's acknowledged adds
 * @param own those of them that the list shows
 */
function hasGap(added: readonly Value[], read: Operation, own: ReadonlySet<Value>): boolean {
  let lacks: Write | undefined;
  for (let i = added.length - 1, left = own.size; i >= 0 && left > 0; i--) {
    const known = added[i] as Value;
    const { add, adds, present } = known;
    if (own.has(known)) {
      left--;
      if (add !== undefined && lacks !== undefined && precedes(add, lacks.start)) return true;
    } else if (
      present &&
      add !== undefined &&
      precedes(add, read) &&
      !mayBeGone(known, read) &&
      !raced(known)
    )
      lacks ??= adds[0];
  }
  return false;
}

export class Values implements ObjectState {
  readonly #present = new Map<string, Value>();
  readonly #removed: RemovedValues;
  readonly #initial: ReadonlySet<string>;
  readonly #cap: number;
  readonly #readers = new Readers(viewer);
  /** The last sets and clears. Each may also remove a value whose add overlaps it. */
  readonly #replacements: Write[] = [];
  readonly #overlaps: Overlaps;
  readonly #owed: OwedValues;
  #held: number;
  /** True once the app may have dropped values, because the object may have held more than its cap. */
  #overfull = false;
  #reads = 0;
  /** Number of starts and ends of writes. While it stays the same, all reads must show the same values. */
  #changes = 0;
  /** Valid while the numbers of changes and reads stay the same. */
  #later: { write: Write; changes: number; count: number } | undefined;
  #due: { values: readonly DueValue[]; changes: number; reads: number } | undefined;

  constructor({ kind, cap, initial = [] }: ObjectEvent, overlaps: Overlaps, remembered: () => number) {
    this.#removed = new RemovedValues(remembered, overlaps);
    this.#owed = new OwedValues(kind === 'bag');
    this.#overlaps = overlaps;
    this.#cap = cap ?? Number.POSITIVE_INFINITY;
    this.#initial = new Set(initial);
    this.#held = initial.length;
    for (const value of initial) this.#present.set(value, newValue(value));
  }

  started(write: Write): void {
    this.#changes++;
    const { effect } = write;
    if (effect?.does === 'replaces') this.#replacing(effect.values, write);
    else if (effect?.does === 'removes') mayRemove(this.#of(effect.value), write);
    else if (effect?.does === 'adds') this.#adding(effect.value, write);
  }

  #replacing(values: readonly string[], write: Write): void {
    for (const all of [this.#present, this.#removed])
      for (const known of all.values()) if (!values.includes(known.value)) mayRemove(known, write);
    for (const value of values) this.#adding(value, write);
    this.#replacements.push(write);
    if (this.#replacements.length > REPLACEMENTS) this.#replacements.shift();
  }

  #adding(value: string, write: Write): void {
    const before = this.#removed.get(value);
    this.#removed.delete(value);
    const known = this.#of(value);
    // A removal before this add that is still in flight may remove the new value, too.
    for (const removing of before?.removing ?? [])
      if (removing.over === undefined || !precedes(removing.over, write.start)) mayRemove(known, removing);
    write.traceless = known.adds.push(write) > 1 || known.removing.length > 0 || this.#initial.has(value);
    for (let i = 0; i < this.#replacements.length; i++) {
      const replacing = this.#replacements[i] as Write;
      const { over } = replacing;
      if (over === undefined || !precedes(over, write.start)) mayRemove(known, replacing);
    }
  }

  wrote(write: Write, operation: Operation): void {
    this.#changes++;
    const reader = operation.outcome === 'ok' ? this.#readers.of(operation.session) : undefined;
    if (reader !== undefined) reader.wrote = operation;
    const { effect } = write;
    if (effect?.does === 'replaces') this.#replaced(effect.values, write, operation, reader);
    else if (effect?.does === 'removes') this.#takenOut(this.#of(effect.value), operation, reader);
    else if (effect?.does === 'adds') {
      const known = this.#of(effect.value);
      this.#added(known, operation, reader);
      if (write.certain && !this.#overfull && !mayBeGone(known)) this.#owed.add(known, write);
    }
  }

  #added(known: Value, operation: Operation, reader: Viewer | undefined): void {
    if (operation.outcome !== 'fail' && ++this.#held > this.#cap) this.#overfull = true;
    if (reader !== undefined) {
      known.add = operation;
      hasAdded(known, reader);
    } else if (operation.outcome === 'fail') this.#refused(known, operation);
  }

  /** If its only add was refused, the object does not hold the value. */
  #refused(known: Value, { id }: Operation): void {
    const { value, add, adds, removing, shownIn } = known;
    if (add !== undefined || shownIn > 0 || this.#initial.has(value)) return;
    if (removing.length === 0 && adds.every(({ start }) => start.id === id)) this.#remove(known);
  }

  #takenOut(known: Value, operation: Operation, reader: Viewer | undefined): void {
    if (reader === undefined) return;
    reader.removed = { end: operation, value: known };
    this.#remove(known);
  }

  #replaced(values: readonly string[], write: Write, operation: Operation, reader: Viewer | undefined): void {
    for (const value of values) this.#added(this.#of(value), operation, reader);
    if (reader === undefined) return;
    for (const known of [...this.#present.values()]) {
      if (values.includes(known.value)) continue;
      // The add overlapped the replacement, so the value may still be there.
      if (known.add === undefined || !precedes(known.add, operation)) continue;
      reader.removed = { end: operation, value: known };
      this.#remove(known);
    }
    if (overlapped(write)) return;
    this.#held = values.length;
    this.#overfull = this.#held > this.#cap;
  }

  #of(value: string): Value {
    let known = this.#present.get(value) ?? this.#removed.get(value);
    if (known === undefined) {
      known = newValue(value);
      this.#present.set(value, known);
    }
    return known;
  }

  /**
   * A value that may be a forgotten one is not followed: the read may show the state from before its removal, and the
   * next read may rightly lack the value.
   */
  #shownBy(value: string): Value {
    const isUnknown = !this.#present.has(value) && this.#removed.get(value) === undefined;
    return isUnknown && this.#removed.hasForgotten
      ? { ...newValue(value), forgotten: true }
      : this.#of(value);
  }

  #remove(known: Value): void {
    const { value } = known;
    if (known.present && (known.add !== undefined || this.#initial.has(value))) this.#held--;
    this.#present.delete(value);
    this.#removed.add(known);
  }

  sessionEnded(session: string): void {
    this.#readers.forget(session);
  }

  settle(read: Operation, before: Operation | undefined): readonly Write[] {
    return this.#overfull ? NOTHING : this.#owed.settle(read, before);
  }

  lost(read: Operation): Lost | undefined {
    return this.#overfull ? undefined : this.#owed.lost(read);
  }

  newest(read: Operation, saw: readonly string[]): NewestAdd | undefined {
    const { added } = this.#readers.of(read.session);
    const own = added.findLast(({ add, present }) => present && add !== undefined && precedes(add, read));
    const write = own?.adds[0];
    if (own?.add === undefined || write === undefined || mayBeGone(own, read)) return undefined;
    // The list may show forgotten values, which `#laterThan` does not count.
    if (!this.#removed.knowsAll(read)) return undefined;
    const values = saw.flatMap(value => this.#present.get(value) ?? []);
    const ofSession = new Set(values.filter(({ add }) => add?.session === read.session));
    const shown = ofSession.has(own) && !hasGap(added, read, ofSession);
    const later = this.#laterThan(write);
    // If the list is as long as the number of values since the add, it must show the add.
    return later > saw.length ? undefined : { add: own.add, shown };
  }

  /** Counts the values that the app may have received since a write was sent, its own included. */
  #laterThan(write: Write): number {
    if (this.#later?.write === write && this.#later.changes === this.#changes) return this.#later.count;
    let count = 0;
    // Removed values count, too: they may have pushed the add out of the list before their removal.
    for (const all of [this.#present, this.#removed])
      for (const { adds } of all.values())
        if (adds.some(({ end }) => end === undefined || !precedes(end, write.start))) count++;
    this.#later = { write, changes: this.#changes, count };
    return count;
  }

  due(): readonly DueValue[] {
    const last = this.#due;
    if (last?.changes === this.#changes && last.reads === this.#reads) return last.values;
    const due: DueValue[] = [];
    for (const known of this.#present.values()) {
      const [add] = known.adds;
      if (add === undefined || mayBeGone(known)) continue;
      if (known.add !== undefined || known.shownIn > 0) due.push({ value: known.value, add });
    }
    this.#due = { values: due, changes: this.#changes, reads: this.#reads };
    return due;
  }

  kept(): readonly KeptValue[] {
    const kept: KeptValue[] = [];
    for (const known of this.#present.values())
      if (known.add !== undefined && !mayBeGone(known)) kept.push(known as KeptValue);
    return kept;
  }

  read(read: Operation & Sifted, facts: ReadFacts): void {
    const reader = this.#readers.of(read.session);
    const { last } = reader;
    const after = last !== undefined && precedes(last, read);
    reader.last = read;
    // The previous read was correct and showed the same, and nothing has changed.
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
   * Returns true if the next read must be compared even if it is equal: an operation that overlaps this read may end
   * before the next read, and contradict it.
   */
  #compare(read: Operation & Sifted, reader: Viewer, facts: ReadFacts): boolean {
    const number = ++this.#reads;
    const before = reader.values;
    const seen = this.#look(read, number, reader, facts);
    // The app may drop any value beyond its cap.
    if (this.#held + (read.foreign ?? 0) > this.#cap) this.#overfull = true;
    if (this.#overfull || this.#present.size + (read.foreign ?? 0) > this.#cap) return true;
    // A write in flight may save older data, and so hide values.
    const quiet = this.#overlaps.overBefore(read);
    const held = (known: Value): boolean => mustShow(known, read, quiet);
    reader.compared = {
      write: this.#comparedWrite(read, quiet, reader),
      read: before.some(held),
      next: reader.values.some(held),
    };
    // Most reads lack no value, and skip the slower comparisons.
    const misses = seen.present < this.#present.size && this.#misses(read, number, quiet, reader, facts);
    const lacks =
      (seen.removing || seen.different < reader.shown.size) && lacking(read, number, quiet, reader, facts);
    return seen.removing || misses || lacks;
  }

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
   * Where the previous read has the same text at the same place, its result is used again: to compare two texts is
   * several times faster than to look one up.
   */
  #look(read: Operation, number: number, reader: Viewer, facts: ReadFacts): ReadCounts {
    const { saw = [] } = read;
    const before = reader.values;
    const values: Value[] = [];
    const fresh: string[] = [];
    const seen: ReadCounts = { different: 0, present: 0, removing: false };
    let at = 0;
    for (let i = 0; i < saw.length; i++) {
      const value = saw[i] as string;
      // After a removal, the values have moved by one place.
      if (before[at]?.value !== value && before[at + 1]?.value === value) at++;
      const again = before[at];
      const shown = again?.value === value && !again.forgotten;
      const known = shown ? again : this.#shownBy(value);
      if (shown) at++;
      else fresh.push(value);
      values.push(known);
      if (known.forgotten) continue;
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

  /** Reports the acknowledged adds of the read's session that it must show but lacks. Returns whether it lacks any. */
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
