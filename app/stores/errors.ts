/** Errors of a session store that works, but refuses an operation for a reason that users can act on. */

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

/** Thrown if other requests held the session's lock longer than this request can wait. */
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

/** Thrown if the request took longer than its lock lasts, so another request may have changed the session. */
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

/** Thrown if the session does not fit into a cookie. */
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
