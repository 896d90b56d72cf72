/** Follows a register. Finds the earlier write or read of the same session that a read contradicts. */

import type { ObjectEvent, Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { overlapped, type Write } from './overlaps.ts';
import { type Contradiction, type ObjectState, type Reader, Readers, type ReadFacts } from './read-facts.ts';

/** The state that a read shows: the state after a write, or the state from before all writes. */
type Shown = Write | 'first';

interface Viewer extends Reader {
  /** The write that belongs to `wrote`. */
  written?: Write;
  /** The state that the last read showed. */
  shown?: Shown | undefined;
  /** States that earlier reads showed. */
  past: Set<Shown>;
}

const viewer = (session: string): Viewer => ({ session, past: new Set() });

/**
 * Follows the states of a register. Version numbers of the server order the states. Without version numbers, values
 * must be unique, and two rules order the states. First, if a client sent write B after its write A had returned, B's
 * state is later. Second, a state that a session has seen replaced never comes back. A request that overlapped a
 * write may undo this write.
 */
export class Register implements ObjectState {
  /** The write of each value. */
  readonly #writes = new Map<string, Write>();
  /** Values that the register held before the first write. */
  readonly #first = new Set<string>();
  /** Writes that leave the register without a value. */
  #unsets: Write[] = [];
  /** True if a value was written twice: then values do not identify states. */
  #repeats = false;
  readonly #readers = new Readers(viewer);

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

  sessionEnded(session: string): void {
    this.#readers.forget(session);
  }

  wrote(write: Write, operation: Operation): void {
    if (operation.outcome === 'fail') this.#unsets = this.#unsets.filter(unset => unset !== write);
    if (operation.outcome !== 'ok') return;
    const reader = this.#readers.of(operation.session);
    if (operation.version !== undefined && operation.version < (reader.wrote?.version ?? 0)) return;
    reader.wrote = operation;
    reader.written = write;
  }

  read(read: Operation, facts: ReadFacts): void {
    const reader = this.#readers.of(read.session);
    const shown = this.#shownBy(read);
    if (shown === undefined && read.version === undefined) return;
    this.#againstWrite(read, shown, reader, facts);
    this.#againstRead(read, shown, reader, facts);
    const { shown: before } = reader;
    // Several writes can leave the register without a value, so the state without a value may come back.
    if (before !== undefined && shown !== before && !this.#unsets.includes(before as Write))
      reader.past.add(before);
    reader.last = read;
    reader.shown = shown;
  }

  /** Returns the state that a read shows; undefined if its value does not identify a state. */
  #shownBy({ saw = [] }: Operation): Shown | undefined {
    const [value] = saw;
    if (value === undefined)
      return this.#unsets.find(({ over }) => over === undefined) ?? this.#unsets.at(-1) ?? 'first';
    if (this.#repeats) return undefined;
    const write = this.#writes.get(value);
    if (write === undefined && this.#writes.size === 0 && this.#unsets.length === 0) this.#first.add(value);
    return write ?? (this.#first.has(value) ? 'first' : undefined);
  }

  #againstWrite(
    read: Operation,
    shown: Shown | undefined,
    { wrote, written }: Viewer,
    facts: ReadFacts,
  ): void {
    if (wrote === undefined || written === undefined || !precedes(wrote, read)) return;
    const versions = wrote.version !== undefined && read.version !== undefined;
    if (!versions && overlapped(written)) return;
    const older = versions ? (read.version ?? 0) < (wrote.version ?? 0) : isOlder(shown, written);
    if (versions || older || shown === written || isOlder(written, shown)) facts.write = wrote;
    if (older) facts.stale.push(outdated(wrote, 'acknowledged', read));
  }

  #againstRead(
    read: Operation,
    shown: Shown | undefined,
    { last, shown: before, past }: Viewer,
    facts: ReadFacts,
  ): void {
    if (last === undefined || !precedes(last, read)) return;
    const versions = last.version !== undefined && read.version !== undefined;
    // No state is older than the first state.
    if (!versions && (before === undefined || before === 'first' || shown === undefined)) return;
    if (!versions && overlapped(before as Write)) return;
    const back = shown !== before && (isOlder(shown, before) || past.has(shown as Shown));
    const older = versions ? (read.version ?? 0) < (last.version ?? 0) : back;
    if (versions || older || shown === before || isOlder(before, shown)) facts.read = last;
    if (older) facts.back.push(outdated(last, `showed ${described(last)}`, read));
  }
}

/** Returns whether one state was certainly over when the other began. */
function isOlder(one: Shown | undefined, other: Shown | undefined): boolean {
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
