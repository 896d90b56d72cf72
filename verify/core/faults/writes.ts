/** Finds out, by the final read of each object, which acknowledged writes were lost by which fault. */
import type { Operation } from '../history/history.ts';
import type { KeptValue } from '../objects/read-facts.ts';
import type { ObjectFacts, TrackedObject } from '../objects/tracked-object.ts';
import { inOrder, type Step } from '../result/verdict.ts';
import type { Placed } from '../timeline/clocks.ts';
import type { FaultWindow } from './window.ts';

const KEPT = 3;

const slack = ({ uncertainty = 0 }: Placed): number => uncertainty;

interface Reads {
  epoch: number;
  last?: Operation;
  before: (Operation | undefined)[];
  final?: Operation;
  shown: Set<KeptValue>;
}

export class Writes {
  readonly #windows: readonly FaultWindow[];
  readonly #objects = new Map<TrackedObject, Reads>();

  constructor(windows: readonly FaultWindow[]) {
    this.#windows = windows;
  }

  ended(operation: Operation, { object, write }: ObjectFacts, final: boolean): void {
    let reads = this.#objects.get(object);
    if (reads === undefined) {
      // An app may drop values from an object with a cap even without a fault.
      if (write === undefined || object.declared.cap !== undefined) return;
      reads = { epoch: this.#windows.length, before: [], shown: new Set() };
      this.#objects.set(object, reads);
    }
    if (write !== undefined || operation.saw === undefined) return;
    for (; reads.epoch < this.#windows.length; reads.epoch++) reads.before[reads.epoch] = reads.last;
    reads.last = operation;
    if (!final) return;
    reads.final = operation;
    const there = new Set(operation.saw);
    for (const kept of object.state.contents?.kept() ?? []) if (there.has(kept.value)) reads.shown.add(kept);
  }

  objectEnded(object: TrackedObject): void {
    const reads = this.#objects.get(object);
    this.#objects.delete(object);
    if (reads !== undefined) settle(object.state.contents?.kept() ?? [], reads, this.#windows);
  }

  finish(): void {
    for (const object of this.#objects.keys()) this.objectEnded(object);
  }
}

function shows(read: Operation | undefined, value: string, end: number): boolean | undefined {
  if (read?.saw === undefined || end >= read.call - slack(read)) return undefined;
  return read.saw.includes(value);
}

function settle(kept: readonly KeptValue[], reads: Reads, windows: readonly FaultWindow[]): void {
  const { final, shown, before } = reads;
  if (final === undefined) return;
  for (const known of kept) {
    const { value, add } = known;
    const end = (add.return ?? add.call) + slack(add);
    if (!shown.has(known) && end >= final.call - slack(final)) continue;
    // Skips faults after the last read of the object: it is not known what they lost.
    windows.slice(0, reads.epoch).forEach((window, index) => {
      const { end: until = Number.POSITIVE_INFINITY, bit, writes, examples } = window;
      // A fault that ended before the write was acknowledged cannot have lost the write.
      if (end > until) return;
      const wasThere = shows(before[index], value, end);
      // If a read after this fault showed the value, only a later fault can have lost it.
      const outlived = before
        .slice(index + 1)
        .some(read => read !== undefined && read.call > until && shows(read, value, end) === true);
      if (shown.has(known)) writes.survived++;
      // A fault with unknown effect is blamed only if a read just before the fault showed the value.
      else if (wasThere === false || (bit !== true && wasThere !== true)) return;
      else if (outlived) writes.survived++;
      else {
        writes.gone++;
        if (examples.write.length < KEPT) examples.write.push(lost(known, final, before[index]));
      }
    });
  }
}

function lost({ value, add }: KeptValue, final: Operation, before: Operation | undefined): Step[] {
  const seen = before?.saw?.includes(value) ? before : undefined;
  return inOrder([
    [add, 'acknowledged'],
    [seen, `showed "${value}"`],
    [final, `"${value}" is not there`, `"${value}" in it, which was acknowledged`],
  ]);
}
