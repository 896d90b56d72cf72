/** Tracks a register, and finds reads that contradict an earlier write or read of the same session. */
import type { ObjectEvent, Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { overlapped, type Write } from './overlaps.ts';
import {
  type Contradiction,
  isOlderVersion,
  type ObjectState,
  Reader,
  Readers,
  type ReadFacts,
} from './read-facts.ts';

/** The write that set a value, or `first` for a value from before all writes. */
type ShownState = Write | 'first';

class Viewer extends Reader {
  written?: Write;
  shown?: ShownState | undefined;
  /** States that a later read of the session no longer showed, and that must not come back. */
  readonly past = new Set<ShownState>();
}

/** Decides which state is older by versions, one client's writes, or a session's reads. Ignores overlapped writes. */
export class Register implements ObjectState {
  readonly #writes = new Map<string, Write>();
  readonly #first = new Set<string>();
  #unsets: Write[] = [];
  /** True if a value was written twice, so that a read does not show which write set it. */
  #repeats = false;
  readonly readers = new Readers(session => new Viewer(session));

  constructor({ initial }: ObjectEvent) {
    const [value] = initial ?? [];
    if (value !== undefined) this.#first.add(value);
  }

  started(write: Write): void {
    const { effect } = write;
    if (effect?.does !== 'replaces') return;
    const [value] = effect.values;
    if (value === undefined) this.#unsets.push(write);
    else if (this.#writes.has(value) || this.#first.has(value)) this.#repeats = true;
    else this.#writes.set(value, write);
  }

  wrote(write: Write, operation: Operation): void {
    if (operation.outcome === 'fail') this.#unsets = this.#unsets.filter(unset => unset !== write);
    if (operation.outcome !== 'ok') return;
    const reader = this.readers.of(operation.session);
    if (reader.written?.end !== undefined && isOlderVersion(reader.written.end, operation)) return;
    reader.written = write;
  }

  read(read: Operation, facts: ReadFacts): void {
    const reader = this.readers.of(read.session);
    const shown = this.#shownBy(read);
    if (shown === undefined && read.version === undefined) return;
    this.#againstWrite(read, shown, reader, facts);
    this.#againstRead(read, shown, reader, facts);
    const { shown: before } = reader;
    // An empty state may come back: a register can be cleared several times.
    if (before !== undefined && shown !== before && !this.#unsets.includes(before as Write))
      reader.past.add(before);
    reader.last = read;
    reader.shown = shown;
  }

  #shownBy({ saw = [] }: Operation): ShownState | undefined {
    const [value] = saw;
    if (value === undefined)
      return this.#unsets.find(({ over }) => over === undefined) ?? this.#unsets.at(-1) ?? 'first';
    if (this.#repeats) return undefined;
    const write = this.#writes.get(value);
    if (write === undefined && this.#writes.size === 0 && this.#unsets.length === 0) this.#first.add(value);
    return write ?? (this.#first.has(value) ? 'first' : undefined);
  }

  #againstWrite(read: Operation, shown: ShownState | undefined, { written }: Viewer, facts: ReadFacts): void {
    if (written?.end === undefined || !precedes(written.end, read)) return;
    const wrote = written.end;
    const versions = isOlderVersion(wrote, read);
    if (versions === undefined && overlapped(written)) return;
    const older = versions ?? isOlder(shown, written);
    if (versions !== undefined || older || shown === written || isOlder(written, shown)) facts.write = wrote;
    if (older) facts.stale.push(outdated(wrote, 'acknowledged', read));
  }

  #againstRead(read: Operation, shown: ShownState | undefined, reader: Viewer, facts: ReadFacts): void {
    const { last, shown: before, past } = reader;
    if (last === undefined || !precedes(last, read)) return;
    const versions = isOlderVersion(last, read);
    const unordered = before === undefined || before === 'first' || shown === undefined || overlapped(before);
    if (versions === undefined && unordered) return;
    const back = shown !== before && (isOlder(shown, before) || past.has(shown as ShownState));
    const older = versions ?? back;
    if (versions !== undefined || older || shown === before || isOlder(before, shown)) facts.read = last;
    if (older) facts.back.push(outdated(last, `showed ${described(last)}`, read));
  }
}

function isOlder(one: ShownState | undefined, other: ShownState | undefined): boolean {
  if (one === undefined || other === undefined || other === 'first' || one === other) return false;
  if (one === 'first') return true;
  return one.start.client === other.start.client && one.over !== undefined && precedes(one.over, other.start);
}

const described = ({ saw = [] }: Operation): string => (saw[0] === undefined ? 'no value' : `"${saw[0]}"`);

const outdated = (against: Operation, was: string, read: Operation): Contradiction => ({
  against,
  was,
  expected:
    against.value === undefined ? 'the same state or a later one' : `"${against.value}" or a later state`,
  came: `showed ${described(read)}, an older state`,
});
