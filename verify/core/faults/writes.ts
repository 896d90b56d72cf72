/** Finds out by the final reads of each object which acknowledged writes each fault lost. */

import type { Operation } from '../history/history.ts';
import type { KeptValue } from '../objects/read-facts.ts';
import type { ObjectFacts, TrackedObject } from '../objects/tracked-object.ts';
import { inOrder, stepsOf, type WitnessStep } from '../result/verdict.ts';
import type { Placed } from '../timeline/clocks.ts';
import type { FaultWindow } from './window.ts';

const KEPT = 3;

/** Returns by how much the times of an operation may be wrong, microseconds. */
const slack = ({ uncertainty = 0 }: Placed): number => uncertainty;

/** The reads of one object that show which writes a fault lost. */
interface Reads {
  /** Number of faults that had begun when the object was last read. */
  epoch: number;
  last?: Operation;
  /**
   * For each fault, by its place in the list: the last read of the object before the fault; undefined if there is none.
   */
  before: (Operation | undefined)[];
  final?: Operation;
  /** The values that at least one final read showed. */
  shown: Set<KeptValue>;
}

export class Writes {
  readonly #windows: readonly FaultWindow[];
  readonly #objects = new Map<TrackedObject, Reads>();

  /** @param windows the windows of the faults; new faults are added to this array during the run */
  constructor(windows: readonly FaultWindow[]) {
    this.#windows = windows;
  }

  ended(operation: Operation, { object, write }: ObjectFacts, final: boolean): void {
    let reads = this.#objects.get(object);
    if (reads === undefined) {
      // An object with a cap is not followed: the app drops its values even without a fault.
      if (write === undefined || object.declared.cap !== undefined) return;
      reads = { epoch: this.#windows.length, before: [], shown: new Set() };
      this.#objects.set(object, reads);
    }
    if (write === undefined && operation.saw !== undefined)
      this.#read(object, reads, operation, operation.saw, final);
  }

  #read(
    { state }: TrackedObject,
    reads: Reads,
    read: Operation,
    saw: readonly string[],
    final: boolean,
  ): void {
    for (; reads.epoch < this.#windows.length; reads.epoch++) reads.before[reads.epoch] = reads.last;
    reads.last = read;
    if (!final) return;
    reads.final = read;
    const there = new Set(saw);
    for (const kept of state.kept?.() ?? []) if (there.has(kept.value)) reads.shown.add(kept);
  }

  objectEnded(object: TrackedObject): void {
    const reads = this.#objects.get(object);
    this.#objects.delete(object);
    if (reads !== undefined) settle(object.state.kept?.() ?? [], reads, this.#windows);
  }

  finish(): void {
    for (const object of this.#objects.keys()) this.objectEnded(object);
  }
}

/**
 * Returns whether a read shows a value. Undefined if the read may have begun before the add of the value ended (`end`).
 */
function shows(read: Operation | undefined, value: string, end: number): boolean | undefined {
  if (read?.saw === undefined || end >= read.call - slack(read)) return undefined;
  return read.saw.includes(value);
}

/** For each fault, counts the writes of one object that survived and that were lost. */
function settle(kept: readonly KeptValue[], reads: Reads, windows: readonly FaultWindow[]): void {
  const { final, shown, before } = reads;
  if (final === undefined) return;
  for (const known of kept) {
    const { value, add } = known;
    const end = (add.return ?? add.call) + slack(add);
    if (!shown.has(known) && end >= final.call - slack(final)) continue;
    // Leaves out faults after the object's last read: what they lost is not known.
    windows.slice(0, reads.epoch).forEach((window, index) => {
      const { end: until = Number.POSITIVE_INFINITY, bit, writes, examples } = window;
      // Leaves out a write that was acknowledged after the fault had ended.
      if (end > until) return;
      const wasThere = shows(before[index], value, end);
      // True if a read after this fault still showed the value. Then a later fault lost the value.
      const outlived = before
        .slice(index + 1)
        .some(read => read !== undefined && read.call > until && shows(read, value, end) === true);
      if (shown.has(known)) writes.survived++;
      // Does not count a loss if the value was gone before the fault. If the fault is not known to have taken
      // effect, counts only a value that was seen just before the fault.
      else if (wasThere === false || (bit !== true && wasThere !== true)) return;
      else if (outlived) writes.survived++;
      else {
        writes.gone++;
        if (examples.write.length < KEPT) examples.write.push(lost(known, final, before[index]));
      }
    });
  }
}

function lost({ value, add }: KeptValue, final: Operation, before: Operation | undefined): WitnessStep[] {
  const seen = before?.saw?.includes(value) ? before : undefined;
  return inOrder(
    stepsOf(
      [add, 'acknowledged'],
      [seen, `showed "${value}"`],
      [final, `"${value}" is not there`, `"${value}" in it, which was acknowledged`],
    ),
  );
}
