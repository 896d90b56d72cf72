/** Removes from each read the values that the run did not write, for example values of an earlier run. */
import type { ObjectEvent, Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { putsIn } from './models.ts';
import type { Write } from './overlaps.ts';
import type { DueValue, ObjectState } from './read-facts.ts';

/** A read whose `saw` has only values of the run. Foreign values were removed. */
export interface Sifted {
  /** Number of foreign values in the read: the run did not write them. */
  foreign?: number;
}

/** Usual page sizes. A list of such a length may be one page of a longer list, sorted in any way. */
const PAGE_SIZES: readonly number[] = [25, 50, 100, 200, 250, 500, 1000];
/** Minimum length of a list that may be cut off: apps show, for example, only the newest 10, 15 or 20 values. */
const FEWEST_ROWS = 10;
const ROUND = 5;

/** Returns whether a list of this length may be cut off. */
export const mayBeCutOff = (values: number): boolean => values >= FEWEST_ROWS && values % ROUND === 0;

/**
 * Number of values by which a list may exceed the app's limit for a moment. Such an app adds a value first and cuts the
 * list then, so a read between the two shows one value too many.
 */
const EXCESS = 3;

/** What the reads of one probe show about the app's limit of a list, over all objects of the probe. */
export interface LongestLists {
  /** Number of values in the longest list that was read. */
  most: number;
  /** Number of reads that showed `cutTo` values and lacked others, perhaps because the app cut off the list. */
  cut: number;
  /** The app's limit of a list, as these reads suggest it. */
  cutTo: number;
}

/** Minimum number of such reads for a remark. With fewer, an app that loses values may be the reason. */
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
 * Returns whether a list may show only the newest values: the app may have received each value that it shows
 * after every value that it lacks. Overlapping requests may have come in either order.
 */
function mayBeNewest(there: readonly DueValue[], missing: readonly DueValue[]): boolean {
  const calls = missing.map(({ add }) => add.start);
  const latest = calls.reduce((one, other) => (other.call > one.call ? other : one));
  return !there.some(({ add: { end } }) => end !== undefined && precedes(end, latest));
}

/** Removes foreign values, which the run did not write, from the reads of one object. */
export class Sift {
  readonly #kind: ObjectEvent;
  readonly #canary: string;
  /** True if the initial content is known. Then all other values come from the run. */
  readonly #whole: boolean;
  readonly #collects: boolean;
  /** Values of the run without its prefix, and values that a register showed before the run's first write. */
  readonly #known = new Set<string>();
  #written = false;
  readonly #longest: LongestLists;

  /** @param longest counts the longest lists of the probe; all objects of the probe share it */
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
   * Removes foreign values from `saw`. Deletes `saw` if the app may have cut off the list. Also deletes it if
   * a register shows a foreign value after the first write of the run.
   *
   * @returns all values of the read, if the app may have cut off the list; otherwise undefined
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
    // Before the first write of the run, a register shows its initial value. Later reads may show this value again.
    else for (const value of saw) this.#known.add(value);
  }

  /**
   * Returns whether a list may be cut off. It lacks values. It has a usual page size, or may show only the newest values.
   * And no list of its probe had more than `EXCESS` further values.
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
