/** Holds back violations until the end of a run if a limit of the app's lists may explain them. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { type CutAt, isLimit, type LongestLists, type Sifted } from '../objects/sift.ts';
import { KEPT, type Violation } from './framework.ts';

interface Held {
  cutAt: CutAt;
  makes: (() => Violation)[];
  count: number;
}

export const cutAtOf = ({ cutAt }: Operation & Sifted): CutAt | undefined => cutAt;

/**
 * Takes the violations of a check. If a read lacks only the oldest values of its object, the app may limit its lists.
 * Such a violation is held back until the end of the run, when later lists have shown whether there is a limit.
 */
export class CutOffViolations {
  readonly #check: { report(make: () => Violation): unknown };
  readonly #held = new Map<LongestLists, Map<number, Held>>();

  constructor(check: { report(make: () => Violation): unknown }) {
    this.#check = check;
  }

  /** @param read the read that proves the violation */
  add(read: Operation | undefined, make: () => Violation): void {
    const cutAt = read && cutAtOf(read);
    if (cutAt === undefined) {
      this.#check.report(make);
      return;
    }
    const ofProbe = getOrInsert(this.#held, cutAt.longest, () => new Map<number, Held>());
    const held = getOrInsert(ofProbe, cutAt.length, (): Held => ({ cutAt, makes: [], count: 0 }));
    held.count++;
    if (held.makes.length < KEPT) held.makes.push(make);
  }

  /** Reports the violations of lists that have no limit. */
  settle(): void {
    for (const ofProbe of this.#held.values())
      for (const { cutAt, makes, count } of ofProbe.values())
        for (let i = 0; i < count && !isLimit(cutAt); i++)
          this.#check.report(makes[Math.min(i, makes.length - 1)] as () => Violation);
    this.#held.clear();
  }
}
