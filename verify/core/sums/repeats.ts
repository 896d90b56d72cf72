/**
 * Counts reads that repeat an already judged read. The judge need not judge such a read. Most reads of an unchanged
 * session show exactly the same page; only the instance may be new. In k6, counting such a read is 50 times as fast
 * as judging it. These counts and the counts of the judge add up to the counts that the judge alone would have made
 * (repeats.property.test.ts).
 */

import { alike } from '../objects/models.ts';
import type { ReadFacts } from '../objects/read-facts.ts';
import type { Seen } from '../response/interpret.ts';

/** The numbers that repeated reads add to the counts of the checks. */
export interface Repeated {
  /**
   * `reads`: number of all repeated reads. `handoffs`: number of reads on another instance than the previous
   * operation.
   */
  reads: number;
  handoffs: number;
  /**
   * `written`: number of reads compared with a write of the session. `writtenElsewhere`: those on another instance
   * than the write.
   */
  written: number;
  writtenElsewhere: number;
  /**
   * `pairs`: number of reads compared with the previous read. `pairsElsewhere`: those on another instance than the
   * previous read.
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

/** The operations that a judged read was compared with. An equal read is compared with the same operations. */
export type ComparedWith = Pick<ReadFacts, 'write' | 'again'>;

/**
 * Counts the repeated reads of one session. No other session may write its object, and its operations must not
 * overlap.
 */
export class Repeats {
  readonly #counts: Repeated;
  /**
   * The results of the reads since the last operation that was not a read. All of them are equal and without a
   * violation.
   */
  readonly #settled: Seen[] = [];
  /** True if a write may still take effect, or there was a violation. Then every later read is judged. */
  #unsure = false;
  /** Instance of the write that the last judged read was compared with; '' if the instance is not known. */
  #wrote: string | undefined;
  /** True if the next equal read is compared with the last judged read. */
  #pairs = false;
  /** Instance of the last judged read. `#last`: instance of the last read, judged or not. */
  #judged = '';
  #last = '';
  #pending = false;

  /** @param counts the counts to which the repeats are added; several sessions may share them */
  constructor(counts: Repeated) {
    this.#counts = counts;
  }

  /** Called when an operation other than a read was judged. */
  other(action: string, { outcome, instance }: Seen): void {
    this.#settled.length = 0;
    if (action === 'login') this.#unsure = false;
    else if (outcome !== 'ok' || instance === undefined) this.#unsure = true;
  }

  /** Called when a read of another object was judged. The next operation is compared with that read. */
  interrupted(): void {
    this.#settled.length = 0;
  }

  /**
   * Called when a read was judged.
   *
   * @param clean true if the response shows the session signed in and caused no anomaly
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
   * Counts a read if it repeats a judged read. Returns false if the judge must judge the read.
   *
   * @param seen the result of the read; for a repeated read the same object, not only an equal one
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
   * Returns true if the session's last read came from another instance than the last judged read. The judge must then
   * judge this read before the next operation, because that operation is compared with it. Takes the count of this
   * read back.
   */
  settle(): boolean {
    if (!this.#pending) return false;
    this.#pending = false;
    if (this.#last === this.#judged) return false;
    this.#count(this.#last, true, -1);
    this.#judged = this.#last;
    return true;
  }

  /** Adds 1 or −1 to the counts of reads. @param elsewhere true for another instance than the previous read */
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
