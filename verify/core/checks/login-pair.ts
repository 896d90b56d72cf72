/** Counts the logins that have the same first instance and the same last instance. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import type { Step } from '../result/verdict.ts';
import { precedes } from '../timeline/clocks.ts';
import { type Credentials, refusedLogin } from '../timeline/sessions.ts';

export class LoginPair {
  readonly crosses: boolean;
  accepted = 0;
  readonly #refused = new Map<Credentials, { count: number; example: readonly Step[] }>();

  constructor(crosses = false) {
    this.crosses = crosses;
  }

  /** @param before the requests of the login before its last request */
  add(before: readonly Operation[], login: Operation, credentials: Credentials): void {
    if (login.outcome === 'ok') this.accepted++;
    if (!refusedLogin(login)) return;
    const came = before.length === 1 ? 'gave the login form' : 'took a step of the login';
    const begun = before.map((operation): Step => [operation, came]);
    const example: Step[] = [...begun, [login, 'login refused', 'login accepted']];
    getOrInsert(this.#refused, credentials, () => ({ count: 0, example })).count++;
  }

  /** Ignores accounts that no instance has accepted, because their password may be wrong. */
  refusals() {
    const own = [...this.#refused].filter(([{ accepted }]) => accepted > 0);
    const count = own.reduce((sum, [, of]) => sum + of.count, 0);
    return { count, example: own[0]?.[1].example ?? [] };
  }
}

/** Collects the requests of each session before its login: the form, and the steps of a login of several pages. */
export class LoginForms {
  readonly #forms = new Map<string, Operation[]>();
  readonly #firsts = new Map<string, Operation>();

  /** Forgets the form if the session's first requests overlap, because the check one-session judges such sessions. */
  add(operation: Operation): void {
    const { session } = operation;
    const earlier = this.#firsts.get(session);
    const alone = earlier === undefined || precedes(earlier, operation);
    if (!alone || earlier === undefined || (operation.return ?? 0) >= (earlier.return ?? 0))
      this.#firsts.set(session, operation);
    if (!alone) this.#forms.delete(session);
    else if (operation.action === 'form') getOrInsert(this.#forms, session, () => []).push(operation);
  }

  take(session: string): Operation[] {
    const forms = this.#forms.get(session) ?? [];
    this.#forms.delete(session);
    this.#firsts.delete(session);
    return forms;
  }
}
