/** Keeps the cookies of sessions that have logged out, to send these cookies again at the end of the run. */

/** Maximum number of sessions to keep, because each session needs memory, and a request at the end of the run. */
const MOST = 400;

export interface DepartedSession {
  /** Sends a request with the cookies that the session had before its logout. */
  replay(): Promise<unknown>;
  /** Writes into the history that the session has ended. */
  end(): void;
}

export class Departed {
  readonly #sessions: DepartedSession[] = [];
  #count = 0;

  /**
   * Keeps a session whose logout was acknowledged. If there are too many sessions already, ends this session instead.
   */
  add(session: DepartedSession): void {
    if (++this.#count <= MOST) this.#sessions.push(session);
    else session.end();
  }

  /** Removes and returns the sessions that are kept. */
  take(): DepartedSession[] {
    return this.#sessions.splice(0);
  }
}
