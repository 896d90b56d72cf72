/** What the load shows while something is disturbed. */
import type { Operation } from '../core/history.ts';

export class Load {
  readonly #answered = new Map<string, number>();

  /** Takes in an operation that has ended: one that says who is signed in shows that all parts work together. */
  saw({ instance, signedIn, direct }: Operation): void {
    if (instance === undefined || signedIn !== 'in' || direct === true) return;
    this.#answered.set(instance, (this.#answered.get(instance) ?? 0) + 1);
  }

  /** Forgets what was. */
  begin(): void {
    this.#answered.clear();
  }

  /** @returns how many requests the instance has answered, signed in, since `begin` */
  answered(instance: string): number {
    return this.#answered.get(instance) ?? 0;
  }
}
