/** Finds the response that contained the login form of a session. */
import type { Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';

export class LoginForms {
  readonly #forms = new Map<string, Operation>();
  /** Key: a session; value: the request that returned last. */
  readonly #firsts = new Map<string, Operation>();

  /** Forgets the form if two first requests overlap, because the check one-session judges such sessions. */
  add(operation: Operation): void {
    const { session } = operation;
    const earlier = this.#firsts.get(session);
    const alone = earlier === undefined || precedes(earlier, operation);
    if (!alone || earlier === undefined || (operation.return ?? 0) >= (earlier.return ?? 0))
      this.#firsts.set(session, operation);
    if (!alone) this.#forms.delete(session);
    else if (operation.action === 'form') this.#forms.set(session, operation);
  }

  take(session: string): Operation | undefined {
    const form = this.#forms.get(session);
    this.#forms.delete(session);
    this.#firsts.delete(session);
    return form;
  }
}
