/** Keeps sessions that have logged out, to send their old cookies again at the end of the run. */

/** Maximum number of sessions to keep, because each takes memory, and a request at the end. */
const MOST = 400;

export interface DepartedSession {
  /** Sends the cookies from before the logout. */
  replay(): Promise<unknown>;
  /** Records the end of the session. */
  end(): void;
}

export class Departed {
  readonly #sessions: DepartedSession[] = [];
  #count = 0;

  /** Keeps a session whose logout was acknowledged. Ends the session if too many have been kept. */
  add(session: DepartedSession): void {
    if (++this.#count <= MOST) this.#sessions.push(session);
    else session.end();
  }

  /** Returns the sessions that were added since the last call. */
  take(): DepartedSession[] {
    return this.#sessions.splice(0);
  }
}
