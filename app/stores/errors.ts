/**
 * The errors of a session store that refuses an operation, but has not failed. For each error, the user can do
 * something.
 */

/** Thrown if a save is refused because the session was destroyed or expired after it was loaded. */
export class SessionGoneError extends Error {
  override readonly name = 'SessionGoneError';
  readonly code = 'ESESSIONGONE';

  constructor() {
    super(
      'expected the session to exist, but it was destroyed or expired after this request loaded it; not saved',
    );
  }
}

/** Thrown if a load is refused because other requests held the session longer than this request may wait. */
export class SessionBusyError extends Error {
  override readonly name = 'SessionBusyError';
  readonly code = 'ESESSIONBUSY';

  /** @param waitedMs time that the request waited for its session, milliseconds */
  constructor(waitedMs: number) {
    super(
      `expected the session to be free within ${waitedMs} ms, but other requests of the session held it; not loaded`,
    );
  }
}

/**
 * Thrown if a save is refused because the request took longer than its lock lasts. Another request may have changed
 * the session since then.
 */
export class SessionLockLostError extends Error {
  override readonly name = 'SessionLockLostError';
  readonly code = 'ESESSIONLOCKLOST';

  /** @param lockMs duration of the lock, milliseconds */
  constructor(lockMs: number) {
    super(
      `expected the request to hold the lock of its session until the save, but it took longer than ${lockMs} ms; not saved`,
    );
  }
}

/** Thrown if a save is refused because the session does not fit into a cookie. */
export class SessionTooLargeError extends Error {
  override readonly name = 'SessionTooLargeError';
  readonly code = 'ESESSIONTOOLARGE';

  /**
   * @param size size of the cookie, bytes
   * @param most maximum size of a cookie, bytes
   */
  constructor(size: number, most: number) {
    super(`expected a session whose cookie has at most ${most} bytes, got ${size}; not saved`);
  }
}
