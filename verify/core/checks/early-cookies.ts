/** Holds back what is wrong with a cookie's value until its session is signed in with this value. */
import { getOrInsert } from '../get-or-insert.ts';
import type { SessionState } from '../timeline/sessions.ts';

/**
 * Before the login a session may be empty, and a cookie that contains an empty session is short. The login replaces this
 * cookie. A short cookie that stays after the login can be guessed.
 *
 * Memory: one entry for each such cookie of an open session.
 */
export class EarlyCookies {
  /** By session: the function that reports the cookie, by the cookie's name. */
  readonly #held = new Map<SessionState, Map<string, () => void>>();

  /** Adds a cookie of a session. @param report is called if the session is signed in with this cookie */
  add(session: SessionState, name: string, report: () => void): void {
    getOrInsert(this.#held, session, () => new Map()).set(name, report);
  }

  /** Removes a cookie, because a response set it again, or deleted it. */
  remove(session: SessionState, name: string): void {
    this.#held.get(session)?.delete(name);
  }

  /** Reports the cookies of a session that is signed in. */
  signedIn(session: SessionState): void {
    for (const report of this.#held.get(session)?.values() ?? []) report();
    this.#held.delete(session);
  }

  sessionEnded(session: SessionState): void {
    this.#held.delete(session);
  }
}
