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
  /** Key: a session; value: its last request before the login, and its requests for a form. */
  readonly #sessions = new Map<string, { last: Operation; forms: Operation[] }>();

  /** Forgets the form if the session's first requests overlap, because the check one-session judges such sessions. */
  add(operation: Operation): void {
    const of = getOrInsert(this.#sessions, operation.session, () => ({ last: operation, forms: [] }));
    const alone = of.last === operation || precedes(of.last, operation);
    if (!alone || (operation.return ?? 0) >= (of.last.return ?? 0)) of.last = operation;
    if (!alone) of.forms = [];
    else if (operation.action === 'form') of.forms.push(operation);
  }

  take(session: string): Operation[] {
    const { forms = [] } = this.#sessions.get(session) ?? {};
    this.#sessions.delete(session);
    return forms;
  }
}
