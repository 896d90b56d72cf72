/** Holds back what is wrong with a cookie's value until its session is signed in with this value. */
import { getOrInsert } from '../get-or-insert.ts';
import type { SessionState } from '../timeline/sessions.ts';

/**
 * Before the login, a cookie that contains its session may be short, because the session is empty. The login replaces
 * it. A short cookie that stays can be guessed.
 */
export class EarlyCookies {
  readonly #held = new WeakMap<SessionState, Map<string, () => void>>();

  /** @param report called if the session is signed in with this cookie */
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
