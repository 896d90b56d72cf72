/** Acknowledged adds that nothing took out again, until the final reads show which are still there. */
import type { Placed } from '../clocks.ts';
import type { ObjectEvent, Operation, Start } from '../history.ts';
import { effectOf, takesOut } from '../objects/effect.ts';
import type { WitnessStep } from '../verdict.ts';
import type { FaultWindow } from './window.ts';

const KEPT = 3;

/** How far off the time of an operation may be. */
const slack = ({ uncertainty = 0 }: Placed): number => uncertainty;

/** Of an add only the moment of its return is kept, since there may be millions. */
type Adds = Map<string, number>;

interface Tracked {
  adds: Adds;
  /** The latest add, for the witness. */
  latest: Operation;
  /** How many faults had begun at its last read. */
  epoch: number;
  last?: Operation;
  /** For each fault the last read before it began, if there was one. */
  before: (Operation | undefined)[];
  final?: Operation;
  /** What no final read has shown so far, and the moments at which the others were acknowledged. */
  missing: Adds;
  shown: number[];
}

export class Writes {
  readonly #windows: readonly FaultWindow[];
  readonly #objects = new Map<string, Tracked>();
  /** Objects that belong to one session, by its name. */
  readonly #own = new Map<string, string[]>();
  /** Objects whose values may go for other reasons: those that the app caps, and those that are no collections. */
  readonly #others = new Set<string>();
  /** Replacements of all values that may still take effect, by object. */
  readonly #replacing = new Map<string, number>();

  /** @param windows those of the faults that have begun so far */
  constructor(windows: readonly FaultWindow[]) {
    this.#windows = windows;
  }

  declared({ object, kind, cap }: ObjectEvent): void {
    if (cap !== undefined || kind === 'register' || kind === 'counter') this.#others.add(object);
  }

  /** From the call of a change on, the values that it takes out may be gone. */
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
    // A replacement that may still come may take out whatever is added.
    if (effect.does === 'adds' && outcome === 'ok' && (this.#replacing.get(object) ?? 0) === 0)
      this.#add(object, operation);
  }

  #add(object: string, add: Operation): void {
    const { value, return: end } = add;
    if (value === undefined || end === undefined || this.#others.has(object)) return;
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

  /** Settles the objects that only this session has. */
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

/** Whether a read shows a value that had been acknowledged before; undefined when it cannot tell. */
function shows(read: Operation | undefined, value: string, end: number): boolean | undefined {
  if (read?.saw === undefined || end >= read.call - slack(read)) return undefined;
  return read.saw.includes(value);
}

/** What the final reads of an object tell of each fault. */
function settle(tracked: Tracked, windows: readonly FaultWindow[]): void {
  const { missing, final, shown, before } = tracked;
  if (final === undefined) return;
  // Of faults that began after its last read nothing can be told.
  windows
    .slice(0, tracked.epoch)
    .forEach(({ end: until = Number.POSITIVE_INFINITY, bit, writes, examples }, index) => {
      for (const end of shown) if (end <= until) writes.survived++;
      for (const [value, end] of missing) {
        // Acknowledged after the fault, or gone before it: not its doing.
        const there = shows(before[index], value, end);
        if (end > until || there === false) continue;
        // Of a fault that nothing else shows to have taken effect it must be known that the value was there before.
        if (bit !== true && there !== true) continue;
        // A read between this fault and a later one that shows it: the later one took it.
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
