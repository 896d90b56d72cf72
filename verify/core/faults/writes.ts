/** Finds out, by the final read of each object, which acknowledged writes were lost by which fault. */
import type { Operation } from '../history/history.ts';
import type { KeptValue } from '../objects/read-facts.ts';
import type { ObjectFacts, TrackedObject } from '../objects/tracked-object.ts';
import { inOrder, stepsOf, type WitnessStep } from '../result/verdict.ts';
import type { Placed } from '../timeline/clocks.ts';
import type { FaultWindow } from './window.ts';

const KEPT = 3;

/** Returns how far the times of an operation may differ from the real times, microseconds. */
const slack = ({ uncertainty = 0 }: Placed): number => uncertainty;

interface Reads {
  /** Number of faults that had begun when the object was last read. */
  epoch: number;
  last?: Operation;
  /** For each fault: the last read of the object before the fault. */
  before: (Operation | undefined)[];
  final?: Operation;
  shown: Set<KeptValue>;
}

export class Writes {
  readonly #windows: readonly FaultWindow[];
  readonly #objects = new Map<TrackedObject, Reads>();

  /** @param windows the fault windows of the run; more are added during the run */
  constructor(windows: readonly FaultWindow[]) {
    this.#windows = windows;
  }

  ended(operation: Operation, { object, write }: ObjectFacts, final: boolean): void {
    let reads = this.#objects.get(object);
    if (reads === undefined) {
      // Objects with a cap (maximum number of values) are ignored, because the app drops values from them even without
      // a fault.
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
 * Returns whether a read shows a value. Returns undefined if the read may have begun before the add of the value ended
 * (`end`).
 */
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
    // Only faults before the last read of the object are judged: for later faults, it is not known what they lost.
    windows.slice(0, reads.epoch).forEach((window, index) => {
      const { end: until = Number.POSITIVE_INFINITY, bit, writes, examples } = window;
      // This fault had ended before the write was acknowledged, so it cannot have lost the write.
      if (end > until) return;
      const wasThere = shows(before[index], value, end);
      // If a read after this fault still showed the value, this fault did not lose it, but a later one.
      const outlived = before
        .slice(index + 1)
        .some(read => read !== undefined && read.call > until && shows(read, value, end) === true);
      if (shown.has(known)) writes.survived++;
      // This fault is not the cause if the value was lost before the fault. If it is not known whether the fault took
      // effect, the fault is the cause only if a read just before it showed the value.
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
