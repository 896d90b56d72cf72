/**
 * Takes out of each read the values that the run did not write: an object may hold some from before the run, and
 * another run may write to it.
 */
import type { ObjectEvent, Operation, Start } from '../history.ts';
import { effectOf, putsIn } from './effect.ts';

/** An operation whose `saw` was sifted. */
export interface Sifted {
  /** How many values of the read the run did not write. */
  foreign?: number;
}

const PAGE_SIZES: readonly number[] = [25, 50, 100, 200, 250, 500, 1000];

/** Returns whether a list of so many values may be cut off: apps that do so without a word show this many rows. */
export const mayBeCutOff = (values: number): boolean => PAGE_SIZES.includes(values);

/** Sifts the reads of one object. */
export class Sift {
  readonly #kind: ObjectEvent;
  readonly #canary: string;
  /** The state at the begin is declared: every other value is one that the run must have written. */
  readonly #whole: boolean;
  readonly #collects: boolean;
  /** Values of the run that are no canaries, and those that a register showed before it was first written. */
  readonly #known = new Set<string>();
  #written = false;
  /** Values that may be in a collection, as far as the run knows. */
  readonly #present = new Set<string>();

  /** @param canary what the values of the run begin with */
  constructor(kind: ObjectEvent, canary: string) {
    this.#kind = kind;
    this.#canary = canary;
    this.#whole = kind.initial !== undefined || kind.kind === 'counter';
    this.#collects = kind.kind !== 'register' && kind.kind !== 'counter';
  }

  started(start: Start): void {
    this.#written = true;
    const effect = effectOf(this.#kind.kind, start);
    if (this.#collects) {
      if (effect?.does === 'removes') this.#present.delete(effect.value);
      else if (effect?.does === 'replaces') this.#present.clear();
    }
    for (const value of putsIn(effect)) {
      if (this.#collects) this.#present.add(value);
      if (!value.startsWith(this.#canary)) this.#known.add(value);
    }
  }

  /** A change was refused: what it would have put in is not there. */
  wrote(write: Operation): void {
    if (write.outcome !== 'fail' || !this.#collects) return;
    for (const value of putsIn(effectOf(this.#kind.kind, write))) this.#present.delete(value);
  }

  /** Leaves in `saw` of a read the values of the run; takes `saw` away if it says nothing of them. */
  read(read: Operation & Sifted): void {
    const { saw } = read;
    if (saw === undefined) return;
    if (this.#collects && mayBeCutOff(saw.length) && this.#misses(saw)) delete read.saw;
    else if (!this.#whole && !this.#allOwn(saw)) this.#sift(read, saw);
  }

  #sift(read: Operation & Sifted, saw: readonly string[]): void {
    if (this.#collects) {
      read.saw = saw.filter(value => this.#own(value));
      read.foreign = saw.length - read.saw.length;
    } else if (this.#written) delete read.saw;
    // What a register shows before it is first written is its first state.
    else for (const value of saw) this.#known.add(value);
  }

  /** Returns whether a list of a usual page size lacks a value: then the app may have cut it off. */
  #misses(saw: readonly string[]): boolean {
    const shown = new Set(saw);
    for (const value of this.#present) if (!shown.has(value)) return true;
    return false;
  }

  /** By index: in k6 a closure for each read costs more than the comparison. */
  #allOwn(saw: readonly string[]): boolean {
    for (let i = 0; i < saw.length; i++) if (!this.#own(saw[i] as string)) return false;
    return true;
  }

  #own(value: string): boolean {
    return value.startsWith(this.#canary) || this.#known.has(value);
  }
}
