/** Registers and counters: objects whose states have a number, so that one is later than another. */
import { precedes } from './clocks.ts';
import type { ObjectEvent, Operation, Start } from './history.ts';
import { Overlaps, overlapped } from './overlaps.ts';
import { type Contradiction, type ObjectState, type Reader, type ReadFacts, readerOf } from './read-facts.ts';

/** With the versions of what the session wrote and read last. */
interface Numbered extends Reader {
  written?: number;
  version?: number;
}

const numbered = (session: string): Numbered => ({ session });

/**
 * The order of versions comes from the server where it gives a number; of a register from its one writer, who
 * calls one write after the other; of a counter that only rises from the count. Where none of these is so, or once
 * a write overlapped another request, which may have undone it, nothing is contradicted, and nothing counts as
 * evidence.
 */
export class Versions implements ObjectState {
  readonly name: string;
  readonly #counter: boolean;
  /** Register: the number of each written value, in the order of one writer; undefined once there are two. */
  #order: Map<string, number> | undefined = new Map();
  #written = 0;
  #writer: string | undefined;
  #writing: Start | undefined;
  /** Counter: what acknowledged increments have added up to; undefined once one was negative. */
  #sum: number | undefined;
  readonly #overlaps = new Overlaps();
  readonly #readers: Numbered[] = [];

  constructor(kind: ObjectEvent) {
    this.name = kind.object;
    this.#counter = kind.kind === 'counter';
    const [initial] = kind.initial ?? [];
    if (this.#counter) this.#sum = Number(initial ?? 0);
    else if (initial !== undefined) this.#order?.set(initial, 0);
  }

  started(start: Start): void {
    const { value = '' } = start;
    if (overlapped(this.#overlaps.started(start))) this.#raced();
    if (this.#counter) {
      if (!(Number(value) >= 0)) this.#sum = undefined;
      return;
    }
    // A second writer, two writes at once, or a value written twice: the order cannot be known from the calls.
    const single = this.#writer === undefined || this.#writer === start.client;
    if (!single || this.#writing !== undefined || this.#order?.has(value)) this.#order = undefined;
    this.#writer = start.client;
    this.#writing = start;
    this.#order?.set(value, ++this.#written);
  }

  /** What the numbers are can no longer be told from the calls. */
  #raced(): void {
    this.#order = undefined;
    this.#sum = undefined;
  }

  besideStarted(other: Start): void {
    if (this.#overlaps.open.size > 0) this.#raced();
    this.#overlaps.besideStarted(other);
  }

  beside(other: Operation): void {
    if (!this.#overlaps.overBefore(other)) this.#raced();
    this.#overlaps.beside(other);
  }

  wrote(operation: Operation): void {
    this.#overlaps.ended(operation, operation.outcome === 'ok');
    if (this.#writing?.id === operation.id) this.#writing = undefined;
    const { value = '' } = operation;
    // It may take effect at any later time, so that its value says nothing of the order.
    if (operation.outcome === 'info') this.#order?.delete(value);
    if (operation.outcome !== 'ok') return;
    if (this.#counter && this.#sum !== undefined) this.#sum += Number(value);
    const version = operation.version ?? (this.#counter ? this.#sum : this.#order?.get(value));
    if (version === undefined) return;
    const reader = readerOf(this.#readers, operation.session, numbered);
    if (version < (reader.written ?? version)) return;
    reader.wrote = operation;
    reader.written = version;
  }

  read(read: Operation, facts: ReadFacts): void {
    const [shown = ''] = read.saw ?? [];
    const version = read.version ?? (this.#counter ? this.#counted(shown) : this.#order?.get(shown));
    const reader = readerOf(this.#readers, read.session, numbered);
    if (version === undefined || Number.isNaN(version)) return;
    const { last, wrote } = reader;
    if (wrote !== undefined && precedes(wrote, read)) {
      facts.write = wrote;
      if (version < (reader.written ?? version)) facts.stale.push(older(wrote, 'acknowledged', shown));
    }
    if (last !== undefined && precedes(last, read)) {
      facts.read = last;
      if (version < (reader.version ?? version))
        facts.back.push(older(last, `showed "${last.saw?.[0]}"`, shown));
    }
    reader.last = read;
    reader.version = version;
  }

  #counted(shown: string): number | undefined {
    return this.#sum === undefined ? undefined : Number(shown);
  }
}

const older = (against: Operation, was: string, shown: string): Contradiction => ({
  against,
  was,
  expected:
    against.value === undefined ? 'the same state or a later one' : `"${against.value}" or a later state`,
  came: `showed "${shown}", an older state`,
});
