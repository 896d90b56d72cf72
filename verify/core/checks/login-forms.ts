/** Follows the sessions that have not logged in yet, and remembers which response gave each session the login form. */
import type { Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';

export class LoginForms {
  /** By session: the response with the login form. */
  readonly #forms = new Map<string, Operation>();
  /** By session: the request before the login whose response came last. */
  readonly #firsts = new Map<string, Operation>();

  /**
   * Adds a request that came before the login. If two such requests overlap, drops the form of the session: the check
   * one-session judges this session.
   */
  add(operation: Operation): void {
    const { session } = operation;
    const earlier = this.#firsts.get(session);
    const alone = earlier === undefined || precedes(earlier, operation);
    if (!alone || earlier === undefined || (operation.return ?? 0) >= (earlier.return ?? 0))
      this.#firsts.set(session, operation);
    if (!alone) this.#forms.delete(session);
    else if (operation.action === 'form') this.#forms.set(session, operation);
  }

  /** Forgets a session. Returns the response that gave it the login form, if there is one. */
  take(session: string): Operation | undefined {
    const form = this.#forms.get(session);
    this.#forms.delete(session);
    this.#firsts.delete(session);
    return form;
  }
}
