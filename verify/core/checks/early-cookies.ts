/** Delays the report of a guessable cookie until a session is signed in with this cookie. */
import { getOrInsert } from '../get-or-insert.ts';
import type { SessionState } from '../timeline/sessions.ts';

/** Before the login, a cookie may hold an empty session. The cookie is reported only if a session signs in with it. */
export class EarlyCookies {
  readonly #held = new WeakMap<SessionState, Map<string, () => void>>();

  /** @param report called when the session is signed in while it still has this cookie */
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
