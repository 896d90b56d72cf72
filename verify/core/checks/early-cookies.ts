/**
 * Delays the report of a cookie with a wrong value, such as a guessable one, until a session is signed in with this
 * value.
 */
import { getOrInsert } from '../get-or-insert.ts';
import type { SessionState } from '../timeline/sessions.ts';

/**
 * Reports a short cookie value only if the session still uses it after the login. Before the login, a cookie that
 * contains a whole session is short, because the session is empty. The login replaces this cookie. A short cookie that
 * is used after the login can be guessed.
 */
export class EarlyCookies {
  readonly #held = new WeakMap<SessionState, Map<string, () => void>>();

  /** @param report called later, if the session is signed in while it still has this cookie */
  add(session: SessionState, name: string, report: () => void): void {
    getOrInsert(this.#held, session, () => new Map()).set(name, report);
  }

  remove(session: SessionState, name: string): void {
    this.#held.get(session)?.delete(name);
  }

  signedIn(session: SessionState): void {
    for (const report of this.#held.get(session)?.values() ?? []) report();
    this.#held.delete(session);
  }
}
