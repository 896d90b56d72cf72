/**
 * Computes the maximum number of times that a read may show each value of an object, if every add takes effect once.
 */
import type { ObjectEvent, ObjectKind, Operation, Start } from '../history/history.ts';
import { countOf, putsIn, rises } from '../objects/models.ts';
import { acknowledged, type Write } from '../objects/overlaps.ts';

/** Maximum number of adds that are kept for a witness. */
const KEPT = 64;

/** The maximum count of each value, or the maximum sum of a counter. */
export class EffectLimits {
  /**
   * Maximum count of each value. For a counter: its highest possible sum, under ''. An add counts as soon as its
   * request is sent.
   */
  readonly most = new Map<string, number>();
  readonly kind: ObjectKind;
  /** The latest adds since the last read, for the witness. */
  adds: (Start | Operation)[] = [];
  /** By instance ('' if it is not known): the number of acknowledged adds since the last read. */
  readonly waiting = new Map<string, number>();
  /** The last read, for the witness. */
  last: Operation | undefined;
  /** True if the highest possible sum of a counter is known. */
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

  /** True if a read can show that an add took effect twice. For a counter, its highest possible sum must be known. */
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
   * Called when the sum of a counter may fall. The highest sum is then unknown until a set or clear that overlaps no
   * other request.
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

  /** If the counter has had no write yet, uses the value that the read shows as the initial value. */
  learn(read: Operation): void {
    if (this.#known || this.#written) return;
    this.most.set('', countOf(read.saw));
    this.#known = true;
  }

  /** Returns how often a read shows each value. For a counter: its count, under ''. */
  shownBy({ saw = [] }: Operation): ReadonlyMap<string, number> {
    const there = new Map<string, number>();
    if (this.kind === 'counter') return there.set('', countOf(saw));
    for (const value of saw) there.set(value, (there.get(value) ?? 0) + 1);
    return there;
  }
}
