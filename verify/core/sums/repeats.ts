/**
 * Counts reads that repeat a judged read. The judge need not judge these reads. Most reads of an unchanged session show
 * the same page, only from another instance. In k6, to count such a read is 50 times as fast as to judge it. Together,
 * these counts and the judge's counts are what the judge alone would have counted (repeats.property.test.ts).
 */

import { alike } from '../objects/models.ts';
import type { ReadFacts } from '../objects/read-facts.ts';
import type { Seen } from '../response/interpret.ts';

/** What the repeated reads add to the counts of the checks. */
export interface Repeated {
  /** `reads`: number of repeated reads. `handoffs`: those not served by the instance of the operation before. */
  reads: number;
  handoffs: number;
  /**
   * `written`: repeated reads compared with a write. `writtenElsewhere`: those not served by the instance of the write.
   */
  written: number;
  writtenElsewhere: number;
  /**
   * `pairs`: repeated reads compared with the read before. `pairsElsewhere`: those not served by that read's instance.
   */
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

/** With which operations a judged read was compared. A read that repeats it is compared with the same ones. */
export type ComparedWith = Pick<ReadFacts, 'write' | 'again'>;

/**
 * Counts the repeated reads of one session. The requests of the session must not overlap, and no other
 * session may write its object.
 */
export class Repeats {
  readonly #counts: Repeated;
  /**
   * The judged reads since the session's last other operation. All show the same, and none caused an anomaly.
   * A read that equals one of them is a repeated read.
   */
  readonly #settled: Seen[] = [];
  /** True after an anomaly, or while a write may still take effect. Then no read counts as repeated. */
  #unsure = false;
  /** The instance of the write with which the last judged read was compared: '' if not known, undefined if none was. */
  #wrote: string | undefined;
  /** True if a read that repeats the last judged read is compared with that read. */
  #pairs = false;
  /** The instance that served the last judged read. `#last`: the one that served the last read, judged or repeated. */
  #judged = '';
  #last = '';
  #pending = false;

  /** @param counts is updated with the repeated reads; several sessions may share it */
  constructor(counts: Repeated) {
    this.#counts = counts;
  }

  /** Called when an operation other than a read was judged. */
  other(action: string, { outcome, instance }: Seen): void {
    this.#settled.length = 0;
    if (action === 'login') this.#unsure = false;
    else if (outcome !== 'ok' || instance === undefined) this.#unsure = true;
  }

  /** Called when a read of another object was judged. It ends the sequence of equal reads that are only counted. */
  interrupted(): void {
    this.#settled.length = 0;
  }

  /**
   * Called when a read was judged.
   *
   * @param clean true if the response was signed in and caused no anomaly
   */
  read(seen: Seen, clean: boolean, compared: ComparedWith | undefined): void {
    const { instance, saw } = seen;
    if (!clean || instance === undefined || saw === undefined || seen.canaries !== undefined)
      this.#unsure = true;
    const before = this.#settled[0]?.saw;
    if (before !== undefined && saw !== undefined && !alike(before, saw)) this.#unsure = true;
    if (this.#unsure) return;
    this.#settled.push(seen);
    this.#wrote = compared?.write === undefined ? undefined : (compared.write.instance ?? '');
    this.#pairs = compared?.again === true;
    this.#judged = instance ?? '';
    this.#last = this.#judged;
  }

  /**
   * Counts a read if it repeats a judged read. Returns false if not: then the judge must judge it.
   *
   * @param seen the result of the read; a repeated read has the same result object as the judged one
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
   * Call this before the judge gets the session's next operation. The judge compares that operation with the
   * last read. So if the last read was only counted here, and another instance served it than the last judged
   * read, returns true: the judge must judge it first. Then it is no longer counted here.
   */
  settle(): boolean {
    if (!this.#pending) return false;
    this.#pending = false;
    if (this.#last === this.#judged) return false;
    this.#count(this.#last, true, -1);
    this.#judged = this.#last;
    return true;
  }

  /** Adds `by` to the counts of a read. `elsewhere`: another instance served the read before it. */
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
