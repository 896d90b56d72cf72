/** Removes from each read the values that the run did not write, for example values of an earlier run. */
import type { ObjectEvent, Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { putsIn } from './models.ts';
import type { Write } from './overlaps.ts';
import type { DueValue, ObjectState } from './read-facts.ts';

/** A read from whose `saw` the foreign values were removed. */
export interface Sifted {
  /** Number of values in the read that the run did not write. */
  foreign?: number;
}

/** Usual page sizes. A list of such a length may be one page of a longer list, in any order. */
const PAGE_SIZES: readonly number[] = [25, 50, 100, 200, 250, 500, 1000];
/** Minimum length of a list that may be cut off. Apps keep or show the newest 10, 15, 20 … values. */
const FEWEST_ROWS = 10;
const ROUND = 5;

/** Returns whether a list of this length may be cut off. */
export const mayBeCutOff = (values: number): boolean => values >= FEWEST_ROWS && values % ROUND === 0;

/**
 * Number of values by which a list may briefly exceed the length to which the app cuts it: an app that adds first and
 * cuts then shows one value too many to a read in between.
 */
const EXCESS = 3;

/** The longest lists of one probe, over all of its objects. */
export interface LongestLists {
  /** Number of values in the longest list. */
  most: number;
  /** Number of lists that lacked values and were taken for cut off. All have the length `cutTo`. */
  cut: number;
  cutTo: number;
}

/** Minimum number of cut-off lists for a remark. An app that loses values may show a few such lists by chance. */
const FEWEST_CUT = 5;

/** Returns a remark if the lists of a probe seem to be cut off; an empty list if too few reads suggest that. */
export const cutOffRemark = (probe: string, { most, cut, cutTo }: LongestLists): string[] =>
  cut < FEWEST_CUT
    ? []
    : [
        `${cut} reads of "${probe}" showed ${cutTo} values and lacked others, and the longest list ` +
          `had ${most}. The app may keep or show no more values, so these reads were not compared. Declare it in the probe: \`cap: ${cutTo}\` if it keeps ${cutTo} values, \`rows: ${cutTo}\` under \`read\` if it shows ${cutTo}`,
      ];

/**
 * Returns whether a list may consist of the newest values: the app may have received each shown value after every
 * missing value. The order of overlapping requests is not known.
 */
function mayBeNewest(there: readonly DueValue[], missing: readonly DueValue[]): boolean {
  const calls = missing.map(({ add }) => add.start);
  const latest = calls.reduce((one, other) => (other.call > one.call ? other : one));
  return !there.some(({ add: { end } }) => end !== undefined && precedes(end, latest));
}

/** Removes from the reads of one object the values that the run did not write. */
export class Sift {
  readonly #kind: ObjectEvent;
  readonly #canary: string;
  /** True if the initial content is known. Then every other value was written by the run. */
  readonly #whole: boolean;
  readonly #collects: boolean;
  /** Values that the run wrote without its canary prefix, and values that a register showed before its first write. */
  readonly #known = new Set<string>();
  #written = false;
  readonly #longest: LongestLists;

  /** @param longest the longest lists of the object's probe, shared by all objects of this probe */
  constructor(kind: ObjectEvent, canary: string, longest: LongestLists) {
    this.#kind = kind;
    this.#canary = canary;
    this.#longest = longest;
    this.#whole = kind.initial !== undefined || kind.kind === 'counter';
    this.#collects = kind.kind !== 'register' && kind.kind !== 'counter';
  }

  started({ effect }: Write): void {
    this.#written = true;
    for (const value of putsIn(effect)) if (!value.startsWith(this.#canary)) this.#known.add(value);
  }

  /**
   * Removes foreign values from `saw`. Deletes `saw` if the list may be cut off, or if a register shows a foreign value
   * after the run's first write.
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
    // Before the first write of the run, a register shows its initial value. Later reads may show this value, too.
    else for (const value of saw) this.#known.add(value);
  }

  /**
   * Returns whether a list may be cut off: it lacks values, its length is a usual page size or it may show the newest
   * values only, and no list of its probe was longer by more than the excess of an app that adds first and cuts then.
   */
  #cutOff(read: Operation, saw: readonly string[], state: ObjectState): boolean {
    const { length } = saw;
    const longest = this.#longest;
    if (length + EXCESS < longest.most) return false;
    longest.most = Math.max(longest.most, length);
    if (longest.cutTo + EXCESS < longest.most) longest.cut = 0;
    const exceeds = longest.cut > 0 && length > longest.cutTo;
    if (this.#kind.initial !== undefined || !(exceeds || mayBeCutOff(length))) return false;
    const shown = new Set(saw);
    const due = state.due?.() ?? [];
    const isMissing = ({ value, add: { end } }: DueValue): boolean =>
      !shown.has(value) && end !== undefined && precedes(end, read);
    if (!due.some(isMissing)) return false;
    const cut =
      (length === longest.most && PAGE_SIZES.includes(length)) ||
      mayBeNewest(
        due.filter(({ value }) => shown.has(value)),
        due.filter(isMissing),
      );
    if (cut && !exceeds) {
      longest.cut = longest.cutTo === length ? longest.cut + 1 : 1;
      longest.cutTo = length;
    }
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
