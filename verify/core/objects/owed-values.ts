/** Finds acknowledged adds whose value is missing in a final state, which was read while no write was in flight. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { occurrences } from './models.ts';
import { overlapped, type Write } from './overlaps.ts';
import type { Lost, LostUpdate } from './read-facts.ts';
import { mayBeGone, type Value } from './value.ts';

class Owed {
  /** Acknowledged adds of the value that no final state (read while no write was in flight) has shown. */
  readonly adds: Write[] = [];
  /** Number of times that a final state must show the value: 1, or in a bag the number of adds. */
  least = 0;
  raced = false;
  absent = false;
  showed: Operation | undefined;
}

/** For more values than this, counting the whole list is faster than searching for each value. */
const FEW = 4;

export class OwedValues {
  readonly #bag: boolean;
  readonly #values = new Map<Value, Owed>();

  constructor(bag: boolean) {
    this.#bag = bag;
  }

  add(value: Value, add: Write): void {
    const owed = getOrInsert(this.#values, value, () => new Owed());
    owed.adds.push(add);
    if (this.#bag || owed.least === 0) owed.least++;
  }

  settle({ saw = [] }: Operation, before: Operation | undefined): readonly Write[] {
    const found: Write[] = [];
    if (this.#values.size === 0) return found;
    // The value is usually near the end of the list, so a search from the end is fast.
    const has = !this.#bag && this.#values.size <= FEW ? within(saw) : counted(saw);
    for (const [known, owed] of this.#values) {
      if (mayBeGone(known)) this.#values.delete(known);
      else if (has(known.value, owed.least)) {
        owed.raced ||= owed.adds.some(overlapped);
        found.push(...owed.adds.splice(0));
        owed.absent = false;
        // An add that no request overlapped cannot be a lost update, so it is forgotten. A bag keeps it to count equal
        // values.
        if (!owed.raced && !this.#bag) this.#values.delete(known);
      } else if (!owed.absent) {
        owed.absent = true;
        owed.showed = owed.adds.length === 0 ? before : undefined;
      }
    }
    return found;
  }

  lost(read: Operation): Lost {
    const lost: LostUpdate[] = [];
    const searched: Write[] = [];
    for (const [known, { adds, raced, absent, showed }] of this.#values) {
      if (!absent || mayBeGone(known)) continue;
      searched.push(...adds);
      const write = adds.find(({ end }) => end !== undefined && precedes(end, read));
      if (raced || (write !== undefined && adds.some(overlapped)))
        lost.push({ value: known.value, write, showed, read });
    }
    return { lost, searched };
  }
}

const within =
  (saw: readonly string[]) =>
  (value: string): boolean =>
    saw.lastIndexOf(value) >= 0;

function counted(saw: readonly string[]): (value: string, least: number) => boolean {
  const times = occurrences(saw);
  return (value, least) => (times.get(value) ?? 0) >= least;
}
