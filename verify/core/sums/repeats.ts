/**
 * Counts reads that repeat a judged read, so that the judge need not see them. Most reads of an unchanged session show
 * the same page, only from another instance. In k6, counting such a read is 50 times as fast as judging it. The counts
 * of both add up to what the judge alone would have counted (repeats.property.test.ts).
 */

import { alike } from '../objects/models.ts';
import type { ReadFacts } from '../objects/read-facts.ts';
import type { Seen } from '../response/interpret.ts';

/** The numbers that repeated reads add to the counts of the checks. */
export interface Repeated {
  /** `reads`: all repeated reads. `handoffs`: the reads on another instance than the operation before. */
  reads: number;
  handoffs: number;
  /** `written`: reads compared with a write of the session. `writtenElsewhere`: those that another instance served. */
  written: number;
  writtenElsewhere: number;
  /** `pairs`: reads compared with the read before. `pairsElsewhere`: those that another instance served. */
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

/** What a judged read was compared with. A read that repeats it is compared with the same operations. */
export type ComparedWith = Pick<ReadFacts, 'write' | 'again'>;

/** Counts repeated reads of one session. Its operations must not overlap, and it alone may write its object. */
export class Repeats {
  readonly #counts: Repeated;
  /** The judged reads since the last operation that was no read: all show the same and caused no anomaly. */
  readonly #settled: Seen[] = [];
  /** True if a write may still take effect, or after an anomaly. Then every read is judged. */
  #unsure = false;
  /** Instance of the write that the last judged read was compared with; '' if its instance is not known. */
  #wrote: string | undefined;
  /** True if a read that repeats the last judged read is compared with it. */
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

  /** Called when a read of another object was judged. */
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
   * Counts a read if it repeats a judged read. Otherwise returns false, and the judge must judge it.
   *
   * @param seen the result of the read; a repeated read has the same result object
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
   * Must be called before the judge sees the session's next operation. Returns true if the judge must see the session's
   * last read first: the next operation is compared with it, and another instance served it than the last judged read.
   * This read is then no longer counted here.
   */
  settle(): boolean {
    if (!this.#pending) return false;
    this.#pending = false;
    if (this.#last === this.#judged) return false;
    this.#count(this.#last, true, -1);
    this.#judged = this.#last;
    return true;
  }

  /** Adds `by` to the counts of a read. @param elsewhere true if another instance served the read before */
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
