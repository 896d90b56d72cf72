/** Follows acknowledged adds that no operation removes, until the final reads show which values are still there. */

import type { ObjectEvent, Operation, Start } from '../history/history.ts';
import { effectOf, takesOut } from '../objects/effect.ts';
import type { WitnessStep } from '../result/verdict.ts';
import type { Placed } from '../timeline/clocks.ts';
import type { FaultWindow } from './window.ts';

const KEPT = 3;

/** Returns the uncertainty of the times of an operation, microseconds. */
const slack = ({ uncertainty = 0 }: Placed): number => uncertainty;

/** By value: the return time of its add. Only this is kept of each add, since there may be millions. */
type Adds = Map<string, number>;

interface Tracked {
  adds: Adds;
  /** The latest add, for the witness. */
  latest: Operation;
  /** Number of faults that had begun before the last read. */
  epoch: number;
  last?: Operation;
  /** For each fault: the last read before it began, if there is one. */
  before: (Operation | undefined)[];
  final?: Operation;
  /** The adds whose values no final read has shown so far. */
  missing: Adds;
  /** The return times of the adds whose values a final read has shown. */
  shown: number[];
}

export class Writes {
  readonly #windows: readonly FaultWindow[];
  readonly #objects = new Map<string, Tracked>();
  /** By name of a session: the objects that belong to this session alone. */
  readonly #own = new Map<string, string[]>();
  /** Objects that may lose values without a fault: the app caps them, or they are registers or counters. */
  readonly #exempt = new Set<string>();
  /** By object: the number of operations that may still take effect and replace all its values. */
  readonly #replacing = new Map<string, number>();

  /** @param windows the windows of the faults so far; the caller appends to this array */
  constructor(windows: readonly FaultWindow[]) {
    this.#windows = windows;
  }

  declared({ object, kind, cap }: ObjectEvent): void {
    if (cap !== undefined || kind === 'register' || kind === 'counter') this.#exempt.add(object);
  }

  /** Stops following the values that a change may remove. They may be gone as soon as the change is called. */
  started(start: Start): void {
    const { object = '' } = start;
    const effect = effectOf('set', start);
    if (effect?.does === 'replaces') this.#replacing.set(object, (this.#replacing.get(object) ?? 0) + 1);
    const tracked = this.#objects.get(object);
    if (tracked === undefined || effect === undefined) return;
    for (const value of [...tracked.adds.keys(), ...tracked.missing.keys()]) {
      if (!takesOut(effect, value)) continue;
      tracked.adds.delete(value);
      tracked.missing.delete(value);
    }
  }

  ended(operation: Operation, final: boolean): void {
    const { object = '', outcome, saw } = operation;
    const effect = effectOf('set', operation);
    if (effect === undefined) {
      const tracked = this.#objects.get(object);
      if (tracked !== undefined && saw !== undefined) this.#read(tracked, operation, saw, final);
      return;
    }
    if (effect.does === 'replaces' && outcome !== 'info')
      this.#replacing.set(object, (this.#replacing.get(object) ?? 1) - 1);
    // A pending operation that replaces all values may remove this value.
    if (effect.does === 'adds' && outcome === 'ok' && (this.#replacing.get(object) ?? 0) === 0)
      this.#add(object, operation);
  }

  #add(object: string, add: Operation): void {
    const { value, return: end } = add;
    if (value === undefined || end === undefined || this.#exempt.has(object)) return;
    let tracked = this.#objects.get(object);
    if (tracked === undefined) {
      const adds: Adds = new Map();
      tracked = { adds, latest: add, epoch: this.#windows.length, before: [], missing: new Map(), shown: [] };
      this.#objects.set(object, tracked);
      if (object.endsWith(`@${add.session}`)) {
        const own = this.#own.get(add.session);
        if (own === undefined) this.#own.set(add.session, [object]);
        else own.push(object);
      }
    }
    tracked.adds.set(value, end + slack(add));
    tracked.latest = add;
  }

  #read(tracked: Tracked, read: Operation, saw: readonly string[], final: boolean): void {
    for (; tracked.epoch < this.#windows.length; tracked.epoch++)
      tracked.before[tracked.epoch] = tracked.last;
    tracked.last = read;
    if (!final) return;
    tracked.final = read;
    const there = new Set(saw);
    for (const [value, end] of tracked.adds) {
      if (there.has(value)) {
        tracked.shown.push(end);
        tracked.adds.delete(value);
        tracked.missing.delete(value);
      } else if (end < read.call - slack(read)) tracked.missing.set(value, end);
    }
  }

  /** Settles the objects that belong to this session alone. */
  sessionEnded(session: string): void {
    const own = this.#own.get(session);
    if (own === undefined) return;
    this.#own.delete(session);
    for (const object of own) {
      const tracked = this.#objects.get(object);
      if (tracked !== undefined) settle(tracked, this.#windows);
      this.#objects.delete(object);
    }
  }

  finish(): void {
    for (const tracked of this.#objects.values()) settle(tracked, this.#windows);
    this.#objects.clear();
  }
}

/**
 * Returns whether a read shows a value. Undefined if the read may have begun before the add was acknowledged.
 *
 * @param end the return time of the add
 */
function shows(read: Operation | undefined, value: string, end: number): boolean | undefined {
  if (read?.saw === undefined || end >= read.call - slack(read)) return undefined;
  return read.saw.includes(value);
}

/** For each fault, counts the writes that survived and those that were lost, by the final reads of an object. */
function settle(tracked: Tracked, windows: readonly FaultWindow[]): void {
  const { missing, final, shown, before } = tracked;
  if (final === undefined) return;
  // The reads of the object say nothing about faults that began after the last read.
  windows
    .slice(0, tracked.epoch)
    .forEach(({ end: until = Number.POSITIVE_INFINITY, bit, writes, examples }, index) => {
      for (const end of shown) if (end <= until) writes.survived++;
      for (const [value, end] of missing) {
        // This fault did not lose a write that was acknowledged after the fault or lost before it.
        const wasThere = shows(before[index], value, end);
        if (end > until || wasThere === false) continue;
        // If the effect of the fault was not seen otherwise, a read before the fault must have shown the value.
        if (bit !== true && wasThere !== true) continue;
        // If a read after this fault shows the value, a later fault lost it.
        const outlived = before
          .slice(index + 1)
          .some(read => read !== undefined && read.call > until && shows(read, value, end) === true);
        if (outlived) writes.survived++;
        else {
          writes.gone++;
          if (examples.write.length < KEPT) examples.write.push(lost(tracked, final, value, before[index]));
        }
      }
    });
}

function lost(
  { latest }: Tracked,
  final: Operation,
  value: string,
  before: Operation | undefined,
): WitnessStep[] {
  const seen = before?.saw?.includes(value) ? before : undefined;
  return [
    ...(latest.value === value ? [{ operation: latest, came: 'acknowledged' }] : []),
    ...(seen === undefined ? [] : [{ operation: seen, came: `showed "${value}"` }]),
    {
      operation: final,
      expected: `"${value}" in it, which was acknowledged`,
      came: `"${value}" is not there`,
    },
  ].sort((a, b) => a.operation.call - b.operation.call);
}
