/** Tracks which values a set, list or bag may hold, from the writes of all sessions. */
import { getOrInsert } from '../get-or-insert.ts';
import type { ObjectEvent, Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { putsIn } from './models.ts';
import { type Overlaps, overlapped, type Write } from './overlaps.ts';
import type { DueValue, KeptValue } from './read-facts.ts';
import { RemovedValues } from './removed-values.ts';
import { mayBeGone, mayRemove, Value } from './value.ts';

const REPLACEMENTS = 16;

export class Contents {
  readonly present = new Map<string, Value>();
  readonly removed: RemovedValues;
  readonly cap: number;
  /** Maximum number of values that the object can hold after the writes that have ended. */
  held: number;
  /** True if the app may have dropped values, because the object may have exceeded its declared maximum (`cap`). */
  overfull = false;
  /** Number of starts and ends of writes. While it is unchanged, all reads must show the same values. */
  changes = 0;
  /** Number of compared reads of the object. */
  reads = 0;
  readonly #initial: ReadonlySet<string>;
  /** The latest `set` and `clear` operations. They may remove a value whose add overlaps them. */
  readonly #replacements: Write[] = [];
  #later: { write: Write; changes: number; count: number } | undefined;
  #due: { values: readonly DueValue[]; changes: number; reads: number } | undefined;

  constructor({ cap, initial = [] }: ObjectEvent, overlaps: Overlaps, remembered: () => number) {
    this.removed = new RemovedValues(remembered, overlaps);
    this.cap = cap ?? Number.POSITIVE_INFINITY;
    this.#initial = new Set(initial);
    this.held = initial.length;
    for (const value of initial) this.present.set(value, new Value(value));
  }

  started(write: Write): void {
    this.changes++;
    const { effect } = write;
    if (effect?.does === 'replaces') this.#replacing(effect.values, write);
    else if (effect?.does === 'removes') mayRemove(this.of(effect.value), write);
    else if (effect?.does === 'adds') this.#adding(effect.value, write);
  }

  #replacing(values: readonly string[], write: Write): void {
    for (const all of [this.present, this.removed])
      for (const known of all.values()) if (!values.includes(known.value)) mayRemove(known, write);
    for (const value of values) this.#adding(value, write);
    this.#replacements.push(write);
    if (this.#replacements.length > REPLACEMENTS) this.#replacements.shift();
  }

  #adding(value: string, write: Write): void {
    const before = this.removed.get(value);
    this.removed.delete(value);
    const known = this.of(value);
    // A removal that is still in flight may also remove a value that is added again.
    for (const removing of [...(before?.removing ?? []), ...this.#replacements])
      if (removing.over === undefined || !precedes(removing.over, write.start)) mayRemove(known, removing);
    write.traceless = known.adds.push(write) > 1 || known.removing.length > 0 || this.#initial.has(value);
  }

  added({ effect }: Write, operation: Operation): Value[] {
    this.changes++;
    const values = putsIn(effect).map(value => this.of(value));
    for (const known of values) {
      if (operation.outcome !== 'fail' && ++this.held > this.cap) this.overfull = true;
      if (operation.outcome === 'ok') known.add = operation;
      else if (operation.outcome === 'fail') this.#refused(known, operation);
    }
    return values;
  }

  #refused(known: Value, { id }: Operation): void {
    const { value, add, adds, removing, shownIn } = known;
    if (add !== undefined || shownIn > 0 || this.#initial.has(value)) return;
    if (removing.length === 0 && adds.every(({ start }) => start.id === id)) this.#remove(known);
  }

  /** Returns one of the values that an acknowledged write has removed. */
  taken(write: Write, operation: Operation): Value | undefined {
    const { effect } = write;
    if (effect?.does === 'removes') {
      const known = this.of(effect.value);
      this.#remove(known);
      return known;
    }
    if (effect?.does !== 'replaces') return undefined;
    let last: Value | undefined;
    for (const known of [...this.present.values()]) {
      if (effect.values.includes(known.value)) continue;
      // If an add overlaps a `set` or `clear`, the added value may remain.
      if (known.add === undefined || !precedes(known.add, operation)) continue;
      this.#remove(known);
      last = known;
    }
    if (!overlapped(write)) {
      this.held = effect.values.length;
      this.overfull = this.held > this.cap;
    }
    return last;
  }

  of(value: string): Value {
    const known = this.present.get(value) ?? this.removed.get(value);
    return known ?? getOrInsert(this.present, value, () => new Value(value));
  }

  /** Returns the record of a shown value. A removed value may have been forgotten, and is then not tracked. */
  shownBy(value: string): Value {
    const isUnknown = !this.present.has(value) && this.removed.get(value) === undefined;
    return isUnknown && this.removed.hasForgotten
      ? Object.assign(new Value(value), { forgotten: true })
      : this.of(value);
  }

  #remove(known: Value): void {
    const { value } = known;
    if (known.present && (known.add !== undefined || this.#initial.has(value))) this.held--;
    this.present.delete(value);
    this.removed.add(known);
  }

  /** Counts the values that the app may have received since this write was sent, including the value of this write. */
  laterThan(write: Write): number {
    if (this.#later?.write === write && this.#later.changes === this.changes) return this.#later.count;
    let count = 0;
    // Removed values count too: before its removal, such a value may have pushed the written value out of the list.
    for (const all of [this.present, this.removed])
      for (const { adds } of all.values())
        if (adds.some(({ end }) => end === undefined || !precedes(end, write.start))) count++;
    this.#later = { write, changes: this.changes, count };
    return count;
  }

  due(): readonly DueValue[] {
    const last = this.#due;
    if (last?.changes === this.changes && last.reads === this.reads) return last.values;
    const due: DueValue[] = [];
    for (const known of this.present.values()) {
      const [add] = known.adds;
      if (add === undefined || mayBeGone(known)) continue;
      if (known.add !== undefined || known.shownIn > 0) due.push({ value: known.value, add });
    }
    this.#due = { values: due, changes: this.changes, reads: this.reads };
    return due;
  }

  get size(): number {
    return this.present.size;
  }

  kept(): readonly KeptValue[] {
    const known = [...this.present.values()];
    return known.filter((of): of is Value & KeptValue => of.add !== undefined && !mayBeGone(of));
  }
}
