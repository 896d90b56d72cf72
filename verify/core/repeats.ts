/**
 * Most reads of a quiet session show, to the letter, what has been judged already. What is new about such a read is
 * only which instance gave it, so it is counted here, and the judge need not see it: in k6 that takes a fiftieth of
 * the time. The counts of the judge and these, added up, are what the judge alone would have counted
 * (repeats.property.test.ts).
 */
import type { Seen } from './interpret.ts';
import type { ReadFacts } from './objects/read-facts.ts';

/** What repeated reads add to the counts of the checks. */
export interface Repeated {
  /** Reads; those on another instance than the operation before. */
  reads: number;
  handoffs: number;
  /** Reads that were compared with a write of the session; those on another instance than the write. */
  written: number;
  writtenElsewhere: number;
  /** Reads that were compared with the read before; those on another instance. */
  pairs: number;
  pairsElsewhere: number;
}

export const nothingRepeated = (): Repeated => ({
  reads: 0,
  handoffs: 0,
  written: 0,
  writtenElsewhere: 0,
  pairs: 0,
  pairsElsewhere: 0,
});

/** What a judged read was compared with: its like is compared with the same. */
export type Compared = Pick<ReadFacts, 'write' | 'again'>;

/** Of one session, whose object nobody else writes, and which does one thing after the other. */
export class Repeats {
  readonly #counts: Repeated;
  /** What reads have shown since the last other operation: all the same, and nothing that breaks a guarantee. */
  readonly #settled: Seen[] = [];
  /** A write may still take effect, or something broke: every read is judged from here on. */
  #unsure = false;
  /** The write and the read that the last judged read was compared with; '' where the instance is not known. */
  #wrote: string | undefined;
  #pairs = false;
  /** Instance of the last read that the judge has seen, and of the last read at all. */
  #judged = '';
  #last = '';
  #pending = false;

  /** @param counts where to add; other sessions may add to it too */
  constructor(counts: Repeated) {
    this.#counts = counts;
  }

  /** Something else than a read was judged. */
  other(action: string, { outcome, instance }: Seen): void {
    this.#settled.length = 0;
    if (action === 'login') this.#unsure = false;
    else if (outcome !== 'ok' || instance === undefined) this.#unsure = true;
  }

  /** A read of something else was judged: what comes next is held against that. */
  interrupted(): void {
    this.#settled.length = 0;
  }

  /**
   * A read was judged.
   *
   * @param clean whether it shows the session alive and broke nothing
   * @param compared what it was compared with
   */
  read(seen: Seen, clean: boolean, compared: Compared | undefined): void {
    const { instance, saw } = seen;
    if (!clean || instance === undefined || saw === undefined || seen.canaries !== undefined)
      this.#unsure = true;
    const before = this.#settled[0];
    if (before !== undefined && !same(before.saw, saw)) this.#unsure = true;
    if (this.#unsure) return;
    this.#settled.push(seen);
    this.#wrote = compared?.write === undefined ? undefined : (compared.write.instance ?? '');
    this.#pairs = compared?.again === true;
    this.#judged = instance ?? '';
    this.#last = this.#judged;
  }

  /**
   * @param seen the very object that an earlier read was judged by; equal ones are not enough
   * @returns whether the read need not be judged; then it is counted
   */
  repeats(seen: Seen): boolean {
    const { instance } = seen;
    if (this.#unsure || instance === undefined || !this.#settled.includes(seen)) return false;
    this.#count(instance, instance !== this.#last, 1);
    this.#last = instance;
    this.#pending = true;
    return true;
  }

  /**
   * Before anything else of the session is judged, the judge has to know of its last read, if another instance gave
   * that than the last one that it has seen: the next operation is held against it. It will count that read once more,
   * which is taken back here.
   *
   * @returns whether there is such a read
   */
  settle(): boolean {
    if (!this.#pending) return false;
    this.#pending = false;
    if (this.#last === this.#judged) return false;
    this.#count(this.#last, true, -1);
    this.#judged = this.#last;
    return true;
  }

  /** Counts one read more, or one less. @param elsewhere than the read before */
  #count(instance: string, elsewhere: boolean, by: 1 | -1): void {
    const counts = this.#counts;
    counts.reads += by;
    if (elsewhere) counts.handoffs += by;
    if (this.#pairs) counts.pairs += by;
    if (this.#pairs && elsewhere) counts.pairsElsewhere += by;
    if (this.#wrote === undefined) return;
    counts.written += by;
    if (instance !== this.#wrote) counts.writtenElsewhere += by;
  }
}

function same(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
