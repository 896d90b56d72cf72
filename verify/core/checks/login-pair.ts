/** Counts the logins of a pair of instances: the first sent the login form, the second received the login. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { stepsOf, type WitnessStep } from '../result/verdict.ts';
import type { Credentials } from '../timeline/sessions.ts';

interface Refusals {
  count: number;
  example: WitnessStep[];
}

export class LoginPair {
  readonly crosses: boolean;
  accepted = 0;
  readonly #refused = new Map<Credentials, Refusals>();

  constructor(crosses = false) {
    this.crosses = crosses;
  }

  refuse(credentials: Credentials, form: Operation, login: Operation): void {
    const example = stepsOf([form, 'gave the login form'], [login, 'login refused', 'login accepted']);
    getOrInsert(this.#refused, credentials, () => ({ count: 0, example })).count++;
  }

  /** Ignores accounts that no instance has accepted, because their password may be wrong. */
  refusals(): Refusals {
    const own = [...this.#refused].filter(([{ accepted }]) => accepted > 0);
    const count = own.reduce((sum, [, of]) => sum + of.count, 0);
    return { count, example: own[0]?.[1].example ?? [] };
  }
}
