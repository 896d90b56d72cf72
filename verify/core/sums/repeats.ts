/** Counts reads that equal a judged read: in k6, 50 times as fast as judging them, with the same counts. */
import { alike } from '../objects/models.ts';
import type { ReadFacts } from '../objects/read-facts.ts';
import type { Seen } from '../response/interpret.ts';

/** Numbers that repeated reads add to the counts of the checks. */
export class Repeated {
  /** Number of repeated reads. `handoffs`: reads that a different instance served than the previous operation. */
  reads = 0;
  handoffs = 0;
  /** Number of repeated reads compared with a write. `writtenElsewhere`: another instance served the write. */
  written = 0;
  writtenElsewhere = 0;
  /** Number of repeated reads compared with the previous read. `pairsElsewhere`: another instance served that read. */
  pairs = 0;
  pairsElsewhere = 0;
}

/** The operations with which a judged read, and all reads that equal it, were compared. */
export type ComparedWith = Pick<ReadFacts, 'write' | 'again'>;

/** Counts the repeated reads of one session whose object no other session writes. */
export class Repeats {
  readonly #counts: Repeated;
  readonly #settled: Seen[] = [];
  /** True after an anomaly, or while a write may still take effect. */
  #unsure = false;
  /** The instance of the write that was compared with the last judged read; '' if it is not known. */
  #wrote: string | undefined;
  /** True if a repeated read would be compared with the last judged read. */
  #pairs = false;
  /** Instance of the last judged read. `#last`: instance of the last read, judged or repeated. */
  #judged = '';
  #last = '';
  #pending = false;

  /** @param counts the numbers to add to; several sessions can share this object */
  constructor(counts: Repeated) {
    this.#counts = counts;
  }

  /** Called after the judge has judged an operation that is not a read. */
  other(action: string, { outcome, instance }: Seen): void {
    this.#settled.length = 0;
    if (action === 'login') this.#unsure = false;
    else if (outcome !== 'ok' || instance === undefined) this.#unsure = true;
  }

  /** Called after the judge has judged a read of a different object. */
  interrupted(): void {
    this.#settled.length = 0;
  }

  /** Called after the judge has judged a read. @param clean true if the response was signed in and caused no anomaly */
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

  /** Counts a read if it equals the last judged read of its object. Returns false if the judge must judge the read. */
  repeats(seen: Seen): boolean {
    const { instance } = seen;
    if (this.#unsure || instance === undefined || !this.#settled.includes(seen)) return false;
    this.#count(instance, instance !== this.#last, 1);
    this.#last = instance;
    this.#pending = true;
    return true;
  }

  /** Returns true if the last read must still be judged, because the next operation is compared with it. */
  settle(): boolean {
    if (!this.#pending) return false;
    this.#pending = false;
    if (this.#last === this.#judged) return false;
    this.#count(this.#last, true, -1);
    this.#judged = this.#last;
    return true;
  }

  /** @param elsewhere true if a different instance served the previous read */
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
