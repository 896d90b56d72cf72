/** Removes from each read the values that the run did not write, for example values of an earlier run. */
import type { ObjectEvent, Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { putsIn } from './models.ts';
import type { Write } from './overlaps.ts';
import { type DueValue, NOTHING, type ObjectContents } from './read-facts.ts';

export interface Sifted {
  foreign?: number;
  /** Number of values that were appended to `saw`, because the app may have cut them off the list. */
  beyond?: number;
  /** Present if the app may have cut the list off at its length. The cut may explain every missing value. */
  cutAt?: CutAt;
}

export const visibleIn = ({ saw = [], beyond = 0 }: Operation & Sifted): readonly string[] =>
  beyond === 0 ? saw : saw.slice(0, -beyond);

/** Usual page sizes. A list of such a length may be one page of a longer list, in any order. */
const PAGE_SIZES: readonly number[] = [25, 50, 100, 200, 250, 500, 1000];
/** Minimum length of a list that may be cut off. Apps show, for example, only the newest 10 values. */
const FEWEST_ROWS = 10;

/** Returns whether an app may limit a list to this length: a multiple of 5 or of 12, or a power of two. */
export const mayBeCutOff = (values: number): boolean =>
  values >= FEWEST_ROWS && (values % 5 === 0 || values % 12 === 0 || (values & (values - 1)) === 0);

/** Number of values that a list may show beyond its limit: an app may add a value before it cuts the list. */
const EXCESS = 3;

/** Lengths of the lists that the reads of one probe showed. They suggest where the app cuts off a list. */
export interface LongestLists {
  most: number;
  /** Length of the last list that slid: newer values replaced the oldest values, and the length stayed the same. */
  limit?: number;
  /** Number of lists with the length `limit` in which newer values replaced the oldest values. */
  slides?: number;
  /** Number of reads that showed exactly `cutTo` values although the object had more. */
  cut: number;
  cutTo: number;
}

/** A list of which the app may show only the newest `length` values. */
export interface CutAt {
  longest: LongestLists;
  length: number;
}

/** Minimum number of lists that slid at one length. A lost value makes a list shorter: the list does not slide. */
const FEWEST_SLIDES = 3;

/** Returns whether the reads so far prove that the app cuts lists off at this length. */
export const isLimit = ({ longest: { most, limit, slides = 0 }, length }: CutAt): boolean =>
  limit === length && slides >= FEWEST_SLIDES && most <= length + EXCESS;

/** Number of reads after which a remark says that the app cuts its lists off. Fewer may come from lost values. */
const FEWEST_CUT = 5;

/** Returns a remark that the app seems to cut off lists, if enough reads suggest this. */
export const cutOffRemark = (probe: string, { most, cut, cutTo }: LongestLists): string[] =>
  cut < FEWEST_CUT
    ? []
    : [
        `${cut} reads of "${probe}" showed ${cutTo} values, lacked others, and were not compared: the app may keep or show no ` +
          `more (longest list: ${most}). Declare in the probe \`cap: ${cutTo}\` if it keeps ${cutTo}, or \`rows: ${cutTo}\` under ` +
          `\`read\` if it shows ${cutTo}`,
      ];

/** Returns whether the app may have received each value in `there` after every value in `missing`. */
function mayBeNewest(there: readonly DueValue[], missing: readonly DueValue[]): boolean {
  const calls = missing.map(({ add }) => add.start);
  const latest = calls.reduce((one, other) => (other.call > one.call ? other : one));
  return !there.some(({ add: { end } }) => end !== undefined && precedes(end, latest));
}

/** Returns whether all values in `missing` were added before the first add of a value in `there`. */
const areOldest = (there: readonly DueValue[], missing: readonly DueValue[]): boolean =>
  missing.every(({ add: { end } }) =>
    there.every(({ add }) => end !== undefined && precedes(end, add.start)),
  );

export class Sift {
  readonly #kind: ObjectEvent;
  readonly #canary: string;
  /** True if the object's initial content is known, so that all other values come from this run. */
  readonly #whole: boolean;
  readonly #collects: boolean;
  readonly #known = new Set<string>();
  #written = false;
  /** Length and number of missing values of the last list that the app may have cut off. */
  #last = { length: 0, missing: 0 };
  readonly #longest: LongestLists;

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

  /** Removes other runs' values from `saw`. If the list may be cut off, deletes `saw`, and returns the list. */
  read(read: Operation & Sifted, held: ObjectContents | undefined): readonly string[] | undefined {
    const { saw } = read;
    if (saw === undefined) return undefined;
    const cut = held === undefined ? NOTHING : this.#cutOff(read, saw, held);
    if (cut === 'all') {
      delete read.saw;
      return saw;
    }
    if (!this.#whole && !this.#allOwn(saw)) this.#sift(read, saw);
    if (cut.length > 0) {
      read.saw = [...(read.saw ?? []), ...cut];
      read.beyond = cut.length;
    }
    return undefined;
  }

  #sift(read: Operation & Sifted, saw: readonly string[]): void {
    if (this.#collects) {
      read.saw = saw.filter(value => this.#own(value));
      read.foreign = saw.length - read.saw.length;
    } else if (this.#written) delete read.saw;
    // A later read may show the initial value of a register again.
    else for (const value of saw) this.#known.add(value);
  }

  /** Returns values that the app may have cut off; `all` if a cut may explain every missing value. */
  #cutOff(read: Operation & Sifted, saw: readonly string[], held: ObjectContents): readonly string[] | 'all' {
    const { length } = saw;
    const longest = this.#longest;
    if (length + EXCESS < longest.most) return NOTHING;
    longest.most = Math.max(longest.most, length);
    if (longest.cutTo + EXCESS < longest.most) longest.cut = 0;
    const exceeds = longest.cut > 0 && length > longest.cutTo;
    if (this.#kind.initial !== undefined) return NOTHING;
    const usual = exceeds || mayBeCutOff(length) || isLimit({ longest, length });
    if (!usual && held.size <= length) return NOTHING;
    const shown = new Set(saw);
    const due = held.due();
    const isMissing = ({ value, add: { end } }: DueValue): boolean =>
      !shown.has(value) && end !== undefined && precedes(end, read);
    const missing = due.filter(isMissing);
    if (missing.length === 0) return NOTHING;
    const there = due.filter(({ value }) => shown.has(value));
    if (!usual) {
      if (there.length > 0 && mayBeNewest(there, missing)) {
        read.cutAt = { longest, length };
        if (areOldest(there, missing)) this.#slid(length, missing.length);
      }
      return NOTHING;
    }
    const whole = length === longest.most && PAGE_SIZES.includes(length);
    if (!whole && !mayBeNewest(there, missing))
      return this.#kind.kind === 'list'
        ? NOTHING
        : missing.filter(one => mayBeNewest(there, [one])).map(({ value }) => value);
    if (!exceeds) {
      longest.cut = longest.cutTo === length ? longest.cut + 1 : 1;
      longest.cutTo = length;
    }
    return 'all';
  }

  #slid(length: number, missing: number): void {
    const longest = this.#longest;
    if (longest.limit !== length) Object.assign(longest, { limit: length, slides: 0 });
    if (this.#last.length === length && missing > this.#last.missing)
      longest.slides = (longest.slides ?? 0) + 1;
    this.#last = { length, missing };
  }

  /** Loops with an index, because closures are slow in k6. */
  #allOwn(saw: readonly string[]): boolean {
    for (let i = 0; i < saw.length; i++) if (!this.#own(saw[i] as string)) return false;
    return true;
  }

  #own(value: string): boolean {
    return value.startsWith(this.#canary) || this.#known.has(value);
  }
}
