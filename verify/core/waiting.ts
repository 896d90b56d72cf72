/** Who has asked for something and not got it since. */
import type { Operation } from './history.ts';

export class Waiting {
  /** The request by which it was first asked for, by session. */
  readonly #first = new Map<string, Operation>();

  /** @returns the request by which it was first asked for: this one, unless those before it failed */
  ended(operation: Operation, failed: boolean): Operation {
    const { session } = operation;
    const first = this.#first.get(session) ?? operation;
    if (failed) this.#first.set(session, first);
    else this.#first.delete(session);
    return first;
  }

  sessionEnded(session: string): void {
    this.#first.delete(session);
  }
}
