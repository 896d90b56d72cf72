/** Remembers for each session that has not logged in yet which response contained the login form. */
import type { Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';

export class LoginForms {
  /** By session: the response with the login form. */
  readonly #forms = new Map<string, Operation>();
  /** By session: the request whose response came last. */
  readonly #firsts = new Map<string, Operation>();

  /** Adds a request from before the login. Forgets the form if requests overlap: one-session judges such sessions. */
  add(operation: Operation): void {
    const { session } = operation;
    const earlier = this.#firsts.get(session);
    const alone = earlier === undefined || precedes(earlier, operation);
    if (!alone || earlier === undefined || (operation.return ?? 0) >= (earlier.return ?? 0))
      this.#firsts.set(session, operation);
    if (!alone) this.#forms.delete(session);
    else if (operation.action === 'form') this.#forms.set(session, operation);
  }

  /** Forgets a session. Returns the response that contained its login form, if any. */
  take(session: string): Operation | undefined {
    const form = this.#forms.get(session);
    this.#forms.delete(session);
    this.#firsts.delete(session);
    return form;
  }
}
