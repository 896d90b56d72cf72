/** Removes from each read the values that the run did not write, for example values of an earlier run. */
import type { ObjectEvent, Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { putsIn } from './models.ts';
import type { Write } from './overlaps.ts';
import type { DueValue, ObjectState } from './read-facts.ts';

/** An operation whose `saw` holds only values that the run wrote. */
export interface Sifted {
  /** Number of values in the read that the run did not write. */
  foreign?: number;
}

/** Page sizes at which apps silently cut off a list. Then any value of the list may be missing. */
const PAGE_SIZES: readonly number[] = [25, 50, 100, 200, 250, 500, 1000];
/** Minimum length of a list that may be cut off: apps keep or show a round number of the newest values, from 10 on. */
const FEWEST_ROWS = 10;
const ROUND = 5;

/** Returns whether a list of this length may be cut off. */
export const mayBeCutOff = (values: number): boolean => values >= FEWEST_ROWS && values % ROUND === 0;

/** Facts about the reads of all objects of one probe. */
export interface Shown {
  /** Number of values in the longest list of a read. */
  most: number;
  /** Number of reads with a list of length `most` that lacked values, and were not compared. */
  cut: number;
}

/**
 * Minimum `cut` for a remark. Fewer reads prove little, because an app that loses values may show a list of this
 * length by chance.
 */
const FEWEST_CUT = 5;

/** Returns a remark on a probe whose lists may be cut off; an empty list if too few reads suggest that. */
export const cutOffRemark = (probe: string, { most, cut }: Shown): string[] =>
  cut < FEWEST_CUT
    ? []
    : [
        `${cut} reads of "${probe}" showed ${most} values and lacked others, and no longer ` +
          'list was seen. The app may keep or show no more values, so these reads were not compared. Declare it in ' +
          `the probe: \`cap: ${most}\` if it keeps ${most} values, \`rows: ${most}\` under \`read\` if it shows ${most}`,
      ];

/**
 * Returns whether the app may have received all values that a read shows later than all values that the read lacks.
 * Requests that overlap may arrive in any order.
 */
function mayBeNewest(there: readonly DueValue[], missing: readonly DueValue[]): boolean {
  const calls = missing.map(({ add }) => add.start);
  const latest = calls.reduce((one, other) => (other.call > one.call ? other : one));
  return !there.some(({ add: { end } }) => end !== undefined && precedes(end, latest));
}

/** Removes foreign values from the reads of one object. */
export class Sift {
  readonly #kind: ObjectEvent;
  readonly #canary: string;
  /** True if the initial state is known. Then the run must have written every value that is not in it. */
  readonly #whole: boolean;
  readonly #collects: boolean;
  /** Values of the run that are not canaries, and values that a register showed before its first write. */
  readonly #known = new Set<string>();
  #written = false;
  readonly #shown: Shown;

  /** @param shown the reads of the object's probe, shared by all objects of this probe */
  constructor(kind: ObjectEvent, canary: string, shown: Shown) {
    this.#kind = kind;
    this.#canary = canary;
    this.#shown = shown;
    this.#whole = kind.initial !== undefined || kind.kind === 'counter';
    this.#collects = kind.kind !== 'register' && kind.kind !== 'counter';
  }

  started({ effect }: Write): void {
    this.#written = true;
    for (const value of putsIn(effect)) if (!value.startsWith(this.#canary)) this.#known.add(value);
  }

  /**
   * Keeps only the values of the run in `saw`; deletes `saw` if the read does not show their state.
   *
   * @returns the values of the read if the app may have cut off the list; else undefined
   */
  read(read: Operation & Sifted, state: ObjectState): readonly string[] | undefined {
    const { saw } = read;
    if (saw === undefined) return undefined;
    if (this.#collects && this.#cutOff(read, saw, state)) {
      delete read.saw;
      return saw;
    }
    if (!this.#whole && !this.#allOwn(saw)) this.#sift(read, saw);
    return undefined;
  }

  #sift(read: Operation & Sifted, saw: readonly string[]): void {
    if (this.#collects) {
      read.saw = saw.filter(value => this.#own(value));
      read.foreign = saw.length - read.saw.length;
    } else if (this.#written) delete read.saw;
    // Before its first write, a register shows its initial state. Later reads may show this value too.
    else for (const value of saw) this.#known.add(value);
  }

  /**
   * Returns whether the app may have cut off a list, at a page size or after a round number of its newest values: it
   * lacks values, and no list of its probe was ever longer.
   */
  #cutOff(read: Operation, saw: readonly string[], state: ObjectState): boolean {
    const { length } = saw;
    if (length < this.#shown.most) return false;
    if (length > this.#shown.most) Object.assign(this.#shown, { most: length, cut: 0 });
    if (this.#kind.initial !== undefined || !mayBeCutOff(length)) return false;
    const shown = new Set(saw);
    const due = state.due?.() ?? [];
    const isMissing = ({ value, add: { end } }: DueValue): boolean =>
      !shown.has(value) && end !== undefined && precedes(end, read);
    if (!due.some(isMissing)) return false;
    const cut =
      PAGE_SIZES.includes(length) ||
      mayBeNewest(
        due.filter(({ value }) => shown.has(value)),
        due.filter(isMissing),
      );
    if (cut) this.#shown.cut++;
    return cut;
  }

  /** Returns whether the run wrote all values. Loops with an index, because closures are slow in k6. */
  #allOwn(saw: readonly string[]): boolean {
    for (let i = 0; i < saw.length; i++) if (!this.#own(saw[i] as string)) return false;
    return true;
  }

  #own(value: string): boolean {
    return value.startsWith(this.#canary) || this.#known.has(value);
  }
}
