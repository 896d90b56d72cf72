/**
 * Follows the acknowledged adds of one object that overlapped another request, until it is known whether the final
 * state of the object has them. When a read has shown a value, only the value is kept, not its writes.
 */

import type { ObjectEvent, Operation, Start } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { countOf, type Effect, effectOf, rises, takesOut } from './effect.ts';
import { Overlaps, overlapped, type Write } from './overlaps.ts';
import type { Sifted } from './sift.ts';

/** An acknowledged add that the final state does not have. */
export interface LostUpdate {
  value: string;
  /** Undefined if a read had shown the value before it was lost. */
  write: Write | undefined;
  /** The last read that showed the value. */
  showed: Operation | undefined;
  /** The read of the final state. */
  read: Operation;
}

/** A value that the final state of a set, list or bag must have. */
interface Owed {
  /** The acknowledged adds of the value that no final state has shown yet. */
  writes: Write[];
  /**
   * Minimum number of times that the final state must have the value: in a bag the number of its acknowledged adds,
   * else 1.
   */
  least: number;
  /** True if an add of the value overlapped another request. */
  raced: boolean;
  /** True if the last final state lacked the value. */
  absent: boolean;
  /** The last read that showed the value, if the value is absent now. */
  showed: Operation | undefined;
}

/** Up to this number of expected values, each value is searched for on its own. */
const FEW = 4;

export class Races {
  /** Number of acknowledged adds that overlapped another acknowledged add and were looked for in a final state. */
  judged = 0;
  /** Number of adds in `judged` that overlapped an add on another instance. */
  crossed = 0;
  readonly #object: ObjectEvent;
  readonly #onOverlap: (one: Operation, other: Operation) => void;
  readonly #overlaps: Overlaps;
  readonly #values = new Map<string, Owed>();
  /** Counter: increments that no final state has shown. `#sum`: the count with all of them, if it is known. */
  #increments: Write[] = [];
  #sum: number | undefined;
  /** Values that an unacknowledged removal may remove at any time. */
  readonly #doubtful = new Set<string>();
  /** True if the required content is not known: the object may be emptied at any time, or it exceeded the app's cap. */
  #free = false;
  /** Counter: sets, clears and decrements in flight. */
  #falls = 0;
  #adds: number;
  /** The last read of a final state; set to undefined when the next write is called. */
  #final: Operation | undefined;
  /** The last read of any final state. */
  #last: Operation | undefined;

  /**
   * @param onOverlap called with two acknowledged adds that overlapped, once for each add that was looked for in a
   * final state
   */
  constructor(object: ObjectEvent, onOverlap: (one: Operation, other: Operation) => void = () => {}) {
    this.#object = object;
    this.#onOverlap = onOverlap;
    this.#overlaps = new Overlaps(object.kind);
    this.#sum = object.initial === undefined ? undefined : countOf(object.initial);
    this.#adds = object.initial?.length ?? 0;
    this.#free = object.kind === 'register';
  }

  started(start: Start): void {
    this.#final = undefined;
    const write = this.#overlaps.started(start);
    const effect = effectOf(this.#object.kind, start);
    if (this.#object.kind === 'counter') {
      if (!rises(effect)) this.#falling();
      return;
    }
    for (const other of this.#overlaps.open.values()) {
      if (other !== write && this.#takesAway(start, other.start)) other.excused = true;
      if (other !== write && this.#takesAway(other.start, start)) write.excused = true;
    }
    if (effect?.does === 'removes') this.#values.delete(effect.value);
    if (effect?.does === 'replaces') this.#values.clear();
  }

  /**
   * Counts the values that the object may hold, to detect that the app's cap is exceeded.
   *
   * @param others number of values that are not of this run
   */
  #fill(more: number, others = 0): void {
    this.#adds += more;
    if (this.#adds + others > (this.#object.cap ?? Number.POSITIVE_INFINITY)) this.#free = true;
  }

  /**
   * Handles a change that may lower the count. The count is then unknown until the change has ended, and a read or the
   * change itself shows the count.
   */
  #falling(): void {
    this.#falls++;
    this.#sum = undefined;
    this.#increments = [];
  }

  /** Called when a write ends. @param certain true if the write was acknowledged in a live session */
  wrote(operation: Operation, certain: boolean): void {
    const write = this.#overlaps.ended(operation, certain);
    const { outcome } = operation;
    const effect = effectOf(this.#object.kind, operation);
    if (this.#object.kind === 'counter') {
      this.#counted(write, effect, operation, certain);
      return;
    }
    if (effect?.does === 'adds' && outcome !== 'fail') this.#fill(1);
    if (!certain && outcome !== 'fail') {
      if (effect?.does === 'removes') this.#doubtful.add(effect.value);
      if (effect?.does === 'replaces') this.#free = true;
    }
    if (!certain || this.#free || write.excused || effect?.does !== 'adds') return;
    if (!this.#doubtful.has(effect.value)) this.#owe(effect.value, write);
  }

  #counted(write: Write, effect: Effect | undefined, { outcome }: Operation, certain: boolean): void {
    if (effect?.does === 'counts' && rises(effect)) {
      if (!certain || this.#sum === undefined) return;
      this.#sum += effect.by;
      this.#increments.push(write);
    } else if (certain || outcome === 'fail') {
      this.#falls--;
      if (this.#falls === 0 && certain && effect?.does === 'replaces' && !overlapped(write))
        this.#sum = countOf(effect.values);
    }
  }

  #owe(value: string, write: Write): void {
    let owed = this.#values.get(value);
    if (owed === undefined) {
      owed = { writes: [], least: 0, raced: false, absent: false, showed: undefined };
      this.#values.set(value, owed);
    }
    owed.writes.push(write);
    if (this.#object.kind === 'bag' || owed.least === 0) owed.least++;
  }

  /** Called when a change of another object of the session or user starts. */
  besideStarted(other: Start): void {
    this.#overlaps.besideStarted(other);
  }

  /** Called when another request of the session or user ends. */
  beside(other: Operation): void {
    this.#overlaps.beside(other);
  }

  /**
   * Called when a read ends.
   *
   * @param shows true if the read shows the state in a live session; any other read may still undo writes
   * @param final true if the read belongs to the phase in which no writes start
   */
  read(read: Operation & Sifted, shows: boolean, final: boolean): void {
    this.beside(read);
    if (!shows || this.#free) return;
    if (!final && !this.#overlaps.returnedBefore(read)) return;
    if (this.#object.kind === 'counter') this.#readCounter(read);
    else this.#readValues(read);
    this.#final = read;
    this.#last = read;
  }

  #readValues(read: Operation & Sifted): void {
    if (this.#values.size === 0) return;
    const { saw = [], foreign = 0 } = read;
    this.#fill(0, foreign);
    // Mostly one value is expected, near the end of the list. Searching for it is faster than counting all values.
    const has = this.#object.kind !== 'bag' && this.#values.size <= FEW ? within(saw) : counted(saw);
    for (const [value, owed] of this.#values) {
      if (has(value, owed.least)) {
        this.#settle(owed.writes);
        owed.raced ||= owed.writes.some(overlapped);
        if (owed.writes.length > 0) owed.writes = [];
        owed.absent = false;
        // Other guarantees judge values that did not race. In a bag, their number must be known.
        if (!owed.raced && this.#object.kind !== 'bag') this.#values.delete(value);
      } else if (!owed.absent) {
        owed.absent = true;
        owed.showed = owed.writes.length === 0 ? this.#last : undefined;
      }
    }
  }

  #readCounter(read: Operation): void {
    const count = countOf(read.saw);
    // The first read that no change overlaps shows the count.
    if (this.#sum === undefined) {
      if (this.#falls === 0 && this.#overlaps.overBefore(read)) this.#sum = count;
      return;
    }
    if (count < this.#sum) return;
    this.#settle(this.#increments);
    this.#increments = [];
  }

  #settle(writes: readonly Write[]): void {
    for (const write of writes) {
      const rivals = write.rivals.filter(rival => rival.acknowledged !== undefined && adds(rival.start));
      if (rivals.length === 0) continue;
      this.judged++;
      const rival = rivals[0]?.acknowledged;
      if (write.acknowledged !== undefined && rival !== undefined) this.#onOverlap(write.acknowledged, rival);
      const here = write.acknowledged?.instance;
      if (here === undefined) continue;
      const elsewhere = rivals.some(
        ({ acknowledged }) => acknowledged?.instance !== undefined && acknowledged.instance !== here,
      );
      if (elsewhere) this.crossed++;
    }
  }

  /** Called after the last operation. Returns the adds that the final state lacks. */
  finish(): LostUpdate[] {
    const read = this.#final;
    if (read === undefined || this.#free) return [];
    if (this.#object.kind === 'counter') return this.#finishCounter(read);
    const lost: LostUpdate[] = [];
    for (const [value, { writes, raced, absent, showed }] of this.#values) {
      if (!absent) continue;
      this.#settle(writes);
      const write = writes.find(
        ({ acknowledged }) => acknowledged !== undefined && precedes(acknowledged, read),
      );
      if (raced || (write !== undefined && writes.some(overlapped)))
        lost.push({ value, write, showed, read });
    }
    return lost;
  }

  #finishCounter(read: Operation): LostUpdate[] {
    if (this.#sum === undefined) return [];
    this.#settle(this.#increments);
    const sum = this.#increments
      .filter(({ acknowledged }) => acknowledged === undefined || !precedes(acknowledged, read))
      .reduce((least, { start }) => least - byOf(start), this.#sum);
    const write = this.#increments.find(overlapped);
    if (write === undefined || countOf(read.saw) >= sum) return [];
    return [{ value: String(sum), write, showed: undefined, read }];
  }

  /** Returns whether the change `start` may remove the value that `add` adds. */
  #takesAway(start: Start, add: Start): boolean {
    const { kind } = this.#object;
    const effect = effectOf(kind, start);
    const added = effectOf(kind, add);
    return added?.does === 'adds' && takesOut(effect, added.value);
  }
}

const byOf = (start: Start): number => {
  const effect = effectOf('counter', start);
  return effect?.does === 'counts' ? effect.by : 0;
};

/** Returns a function that returns whether the list has a value. */
const within =
  (saw: readonly string[]) =>
  (value: string): boolean =>
    saw.lastIndexOf(value) >= 0;

/** Returns a function that returns whether the list has a value at least `least` times. */
function counted(saw: readonly string[]): (value: string, least: number) => boolean {
  const counts = new Map<string, number>();
  for (const value of saw) counts.set(value, (counts.get(value) ?? 0) + 1);
  return (value, least) => (counts.get(value) ?? 0) >= least;
}

const adds = ({ action }: Pick<Start, 'action'>): boolean => action === 'add' || action === 'increment';
