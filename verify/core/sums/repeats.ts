/**
 * Counts reads that repeat a judged read, so that the judge need not judge them. Most reads of an unchanged session
 * show the same page, only from another instance. In k6, to count such a read is 50 times as fast as to judge it. The
 * judge alone would have counted the same (repeats.property.test.ts).
 */
import { alike } from '../objects/models.ts';
import type { ReadFacts } from '../objects/read-facts.ts';
import type { Seen } from '../response/interpret.ts';

/** What the repeated reads add to the counts of the checks. */
export interface Repeated {
  /** Repeated reads. `handoffs`: those that the instance of the operation before did not serve. */
  reads: number;
  handoffs: number;
  /** Repeated reads compared with a write. `writtenElsewhere`: those that the instance of the write did not serve. */
  written: number;
  writtenElsewhere: number;
  /** Repeated reads compared with the read before. `pairsElsewhere`: those that its instance did not serve. */
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

/** A read that repeats a judged one is compared with the same operations. */
export type ComparedWith = Pick<ReadFacts, 'write' | 'again'>;

/** For one session, whose requests must not overlap, and whose object no other session may write. */
export class Repeats {
  readonly #counts: Repeated;
  /** The judged reads since the session's last other operation. All show the same, and none caused an anomaly. */
  readonly #settled: Seen[] = [];
  /** True after an anomaly, or while a write may still take effect. Then no read counts as repeated. */
  #unsure = false;
  /**
   * The instance of the write with which the last judged read was compared: '' if not known, undefined without a write.
   */
  #wrote: string | undefined;
  /** True if a read that repeats the last judged read is compared with it. */
  #pairs = false;
  /** The instance of the last judged read, and of the last read, judged or repeated. */
  #judged = '';
  #last = '';
  #pending = false;

  /** @param counts is updated; several sessions may share it */
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

  /** @param clean true if the response was signed in and caused no anomaly */
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
   * Returns false if the judge must judge the read.
   *
   * @param seen a repeated read has the same result object as the judged one
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
   * Call this before the judge gets the session's next operation, which it compares with the last read. If that read
   * was only counted, and another instance served it than the last judged one, returns true: the judge must judge it
   * first, and it is no longer counted here.
   */
  settle(): boolean {
    if (!this.#pending) return false;
    this.#pending = false;
    if (this.#last === this.#judged) return false;
    this.#count(this.#last, true, -1);
    this.#judged = this.#last;
    return true;
  }

  /** @param elsewhere true if another instance served the read before it */
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
