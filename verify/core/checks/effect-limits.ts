/** Computes how often a read may show each value of an object if no add took effect twice. */
import type { ObjectEvent, ObjectKind, Operation, Start } from '../history/history.ts';
import { countOf, isAdd, occurrences, putsIn, rises } from '../objects/models.ts';
import { acknowledged, type Write } from '../objects/overlaps.ts';

const KEPT = 64;

export class EffectLimits {
  /** Key: a value, or '' for the sum of a counter; value: how often a read may show it, or the highest possible sum. */
  readonly most = new Map<string, number>();
  readonly kind: ObjectKind;
  adds: (Start | Operation)[] = [];
  /** Key: the instance; value: number of adds that it acknowledged since the last read. */
  readonly waiting = new Map<string | undefined, number>();
  last: Operation | undefined;
  #known: boolean;
  #written = false;
  #falls = 0;

  constructor({ kind, initial }: ObjectEvent) {
    this.kind = kind;
    this.#known = kind !== 'counter' || initial !== undefined;
    if (kind === 'counter') this.most.set('', countOf(initial));
    else for (const value of initial ?? []) this.#more(value, 1);
  }

  /** True if a read of this object can show that an add took effect twice. */
  get counts(): boolean {
    return (this.kind === 'bag' || this.kind === 'list' || this.kind === 'counter') && this.#known;
  }

  #more(value: string, by: number): void {
    this.most.set(value, (this.most.get(value) ?? 0) + by);
  }

  started({ start, effect }: Write): void {
    this.#written = true;
    if (this.kind === 'counter' && !rises(effect)) {
      // The highest possible sum is unknown until a set or clear that overlaps no request.
      this.#falls++;
      this.#known = false;
      this.waiting.clear();
    } else if (effect?.does === 'counts') this.#more('', effect.by);
    else for (const value of putsIn(effect)) this.#more(value, 1);
    if (!isAdd(effect)) return;
    this.adds.push(start);
    if (this.adds.length > KEPT) this.adds.shift();
  }

  wrote(write: Write): void {
    const { effect } = write;
    if (this.kind !== 'counter' || rises(effect)) return;
    this.#falls--;
    const alone = acknowledged(write) && this.#falls === 0 && write.rivals.length === 0;
    if (!alone || effect?.does !== 'replaces') return;
    this.most.set('', countOf(effect.values));
    this.#known = true;
  }

  learn(read: Operation): void {
    if (this.#known || this.#written) return;
    this.most.set('', countOf(read.saw));
    this.#known = true;
  }

  shownBy({ saw = [] }: Operation): ReadonlyMap<string, number> {
    return this.kind === 'counter' ? new Map([['', countOf(saw)]]) : occurrences(saw);
  }
}
