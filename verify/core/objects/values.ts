/** Tracks a set, list or bag, and finds reads that contradict an earlier write or read of the same session. */
import type { ObjectEvent, Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { Contents } from './contents.ts';
import { alike } from './models.ts';
import type { Overlaps, Write } from './overlaps.ts';
import { OwedValues } from './owed-values.ts';
import {
  type Lost,
  type NewestAdd,
  NOTHING,
  type ObjectState,
  Readers,
  type ReadFacts,
} from './read-facts.ts';
import type { Sifted } from './sift.ts';
import {
  type ComparedRead,
  contradiction,
  hasAdded,
  hasGap,
  lacking,
  mayBeGone,
  mustBeGone,
  mustShow,
  NOTHING_COMPARED,
  raced,
  shows,
  suspect,
  type Value,
  Viewer,
} from './value.ts';

/** `removing`: true if an operation may have removed a value that the read shows. */
interface ReadCounts {
  different: number;
  present: number;
  removing: boolean;
}

export class Values implements ObjectState {
  readonly contents: Contents;
  readonly readers = new Readers(session => new Viewer(session));
  readonly #overlaps: Overlaps;
  readonly #owed: OwedValues;

  constructor(declared: ObjectEvent, overlaps: Overlaps, remembered: () => number) {
    this.contents = new Contents(declared, overlaps, remembered);
    this.#owed = new OwedValues(declared.kind === 'bag');
    this.#overlaps = overlaps;
  }

  started(write: Write): void {
    this.contents.started(write);
  }

  wrote(write: Write, operation: Operation): void {
    const contents = this.contents;
    const added = contents.added(write, operation);
    if (operation.outcome === 'ok') {
      const reader = this.readers.of(operation.session);
      for (const known of added) hasAdded(known, reader);
      const value = contents.taken(write, operation);
      if (value !== undefined) reader.removed = { end: operation, value };
    }
    const [known] = added;
    if (write.effect?.does !== 'adds' || known === undefined) return;
    if (write.certain && !contents.overfull && !mayBeGone(known)) this.#owed.add(known, write);
  }

  settle(read: Operation, before: Operation | undefined): readonly Write[] {
    return this.contents.overfull ? NOTHING : this.#owed.settle(read, before);
  }

  lost(read: Operation): Lost | undefined {
    return this.contents.overfull ? undefined : this.#owed.lost(read);
  }

  newest(read: Operation, saw: readonly string[]): NewestAdd | undefined {
    const { added } = this.readers.of(read.session);
    const own = added.findLast(({ add, present }) => present && add !== undefined && precedes(add, read));
    const write = own?.adds[0];
    if (own?.add === undefined || write === undefined || mayBeGone(own, read)) return undefined;
    if (!this.contents.removed.knowsAll(read)) return undefined;
    const values = saw.flatMap(value => this.contents.present.get(value) ?? []);
    const ofSession = new Set(values.filter(({ add }) => add?.session === read.session));
    const shown = ofSession.has(own) && !hasGap(added, read, ofSession);
    const later = this.contents.laterThan(write);
    // A list with room for the add and all later values must show the add.
    return later > saw.length ? undefined : { add: own.add, shown };
  }

  read(read: Operation & Sifted, facts: ReadFacts): void {
    const reader = this.readers.of(read.session);
    const { last } = reader;
    const after = last !== undefined && precedes(last, read);
    reader.last = read;
    // Skips a read that equals the session's previous, correct read.
    const same = reader.settled === this.contents.changes ? last : undefined;
    if (same !== undefined && alike(same.saw ?? [], read.saw ?? [])) {
      facts.fresh = NOTHING;
      reader.compared.read = reader.compared.next;
    } else {
      reader.compared = NOTHING_COMPARED;
      const number = ++this.contents.reads;
      const owed = this.#compare({ read, number, quiet: this.#overlaps.overBefore(read), reader, facts });
      reader.settled = owed || reader.suspects.size > 0 ? -1 : this.contents.changes;
    }
    facts.write = reader.compared.write;
    facts.again = reader.compared.next;
    if (after && reader.compared.read) facts.read = last;
  }

  /** Returns true if even an equal next read must be compared, because an operation overlaps this read. */
  #compare(reading: ComparedRead): boolean {
    const { read, reader } = reading;
    const before = reader.values;
    const seen = this.#look(reading);
    // An app may drop values beyond the declared maximum (`cap`).
    if (this.contents.held + (read.foreign ?? 0) > this.contents.cap) this.contents.overfull = true;
    if (this.contents.overfull || this.contents.present.size + (read.foreign ?? 0) > this.contents.cap)
      return true;
    const held = (known: Value): boolean => mustShow(known, reading);
    reader.compared = {
      write: this.#comparedWrite(reading),
      read: before.some(held),
      next: reader.values.some(held),
    };
    const misses = seen.present < this.contents.present.size && this.#misses(reading);
    const lacks = (seen.removing || seen.different < reader.shown.size) && lacking(reading);
    return seen.removing || misses || lacks;
  }

  #comparedWrite(reading: ComparedRead): Operation | undefined {
    const { read } = reading;
    const { added, removed } = reading.reader;
    while (added.at(-1)?.present === false) added.pop();
    let write: Operation | undefined;
    for (let i = added.length - 1; i >= 0 && write === undefined; i--) {
      const known = added[i] as Value;
      const { add } = known;
      if (add !== undefined && precedes(add, read) && mustShow(known, reading)) write = add;
    }
    if (removed === undefined || raced(removed.value) || mustBeGone(removed.value, read) === undefined)
      return write;
    return write === undefined || precedes(write, removed.end) ? removed.end : write;
  }

  #look(reading: ComparedRead): ReadCounts {
    const { number, reader, facts } = reading;
    const { saw = [], beyond = 0 } = reading.read;
    const before = reader.values;
    const values: Value[] = [];
    const fresh: string[] = [];
    const seen: ReadCounts = { different: 0, present: 0, removing: false };
    let at = 0;
    for (let i = 0; i < saw.length; i++) {
      const value = saw[i] as string;
      // After a removal, the values behind it have moved forward.
      if (before[at]?.value !== value && before[at + 1]?.value === value) at++;
      const again = before[at];
      const shown = again?.value === value && !again.forgotten;
      const known = shown ? again : this.contents.shownBy(value);
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
      // The app may have cut this value off, so its absence proves nothing.
      if (i < saw.length - beyond) shows(known, reading);
    }
    reader.values = values;
    facts.fresh = fresh;
    return seen;
  }

  /** Reports values of the session that the read wrongly lacks. Returns whether it lacks any value of the session. */
  #misses({ read, number, quiet, reader, facts }: ComparedRead): boolean {
    let owed = false;
    this.contents.present.forEach(known => {
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
