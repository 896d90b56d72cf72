/** Computes how often a read may show each value of an object, if every add took effect only once. */
import type { ObjectEvent, ObjectKind, Operation, Start } from '../history/history.ts';
import { countOf, putsIn, rises } from '../objects/models.ts';
import { acknowledged, type Write } from '../objects/overlaps.ts';

/** Maximum number of adds that are kept for a witness. */
const KEPT = 64;

/** How often reads of one object may show each value. */
export class EffectLimits {
  /**
   * By value: how often a read may show it. A counter has one entry, its highest possible sum, with the key ''. An add
   * counts as soon as its request is sent.
   */
  readonly most = new Map<string, number>();
  readonly kind: ObjectKind;
  /** The latest adds that were sent since the last read, for the witness. */
  adds: (Start | Operation)[] = [];
  /** By instance: the number of acknowledged adds since the last read. The key is '' if the instance is not known. */
  readonly waiting = new Map<string, number>();
  /** The last read, for the witness. */
  last: Operation | undefined;
  /** False while the highest possible sum of a counter is not known. */
  #known: boolean;
  #written = false;
  /** Number of sets, clears and decrements of a counter that are in flight. */
  #falls = 0;

  constructor({ kind, initial }: ObjectEvent) {
    this.kind = kind;
    this.#known = kind !== 'counter' || initial !== undefined;
    if (kind === 'counter') this.most.set('', countOf(initial));
    else for (const value of initial ?? []) this.#more(value, 1);
  }

  /** True if a read can show that an add took effect twice: not of a set, nor of a counter without a known sum. */
  get counts(): boolean {
    return (this.kind === 'bag' || this.kind === 'list' || this.kind === 'counter') && this.#known;
  }

  #more(value: string, by: number): void {
    this.most.set(value, (this.most.get(value) ?? 0) + by);
  }

  started({ start, effect }: Write): void {
    this.#written = true;
    if (effect?.does === 'adds') this.#more(effect.value, 1);
    else if (effect?.does === 'counts' && rises(effect)) this.#more('', effect.by);
    else {
      if (this.kind === 'counter') this.#falling();
      else for (const value of putsIn(effect)) this.#more(value, 1);
      return;
    }
    this.adds.push(start);
    if (this.adds.length > KEPT) this.adds.shift();
  }

  /**
   * Called when a set, clear or decrement of a counter starts. The highest sum is then unknown, until a set or clear
   * that overlaps no other request.
   */
  #falling(): void {
    this.#falls++;
    this.#known = false;
    this.waiting.clear();
  }

  wrote(write: Write): void {
    const { effect } = write;
    if (this.kind !== 'counter' || effect === undefined || rises(effect)) return;
    this.#falls--;
    const alone = acknowledged(write) && this.#falls === 0 && write.rivals.length === 0;
    if (!alone || effect.does !== 'replaces') return;
    this.most.set('', countOf(effect.values));
    this.#known = true;
  }

  /** Takes the count of a read as the initial count, if that is not known and nothing was written. */
  learn(read: Operation): void {
    if (this.#known || this.#written) return;
    this.most.set('', countOf(read.saw));
    this.#known = true;
  }

  /** Returns how often a read shows each value; for a counter, its count with the key ''. */
  shownBy({ saw = [] }: Operation): ReadonlyMap<string, number> {
    const there = new Map<string, number>();
    if (this.kind === 'counter') return there.set('', countOf(saw));
    for (const value of saw) there.set(value, (there.get(value) ?? 0) + 1);
    return there;
  }
}
