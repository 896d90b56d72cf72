/** Stores the cookies of sessions that have logged out, to replay them at the end of the run. */

/** At most this number of sessions is stored, because each costs memory and a request. */
const MOST = 400;

export interface DepartedSession {
  /** Sends a request with the cookies from before the logout. */
  replay(): Promise<unknown>;
  end(): void;
}

export class Departed {
  readonly #sessions: DepartedSession[] = [];
  #count = 0;

  /**
   * Stores a session whose logout was acknowledged. If the maximum number of sessions is already stored, ends the
   * session instead.
   */
  add(session: DepartedSession): void {
    if (++this.#count <= MOST) this.#sessions.push(session);
    else session.end();
  }

  take(): DepartedSession[] {
    return this.#sessions.splice(0);
  }
}
