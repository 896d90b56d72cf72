/** Defines the errors of a session store that works, but refuses an operation. */

/** Thrown if a save is refused because the session was destroyed, or expired, after the request loaded it. */
export class SessionGoneError extends Error {
  override readonly name = 'SessionGoneError';
  readonly code = 'ESESSIONGONE';

  constructor() {
    super(
      'expected the session to exist, but it was destroyed or expired after this request loaded it; not saved',
    );
  }
}

/** Thrown if a request waited too long for a session's lock, which other requests held. */
export class SessionBusyError extends Error {
  override readonly name = 'SessionBusyError';
  readonly code = 'ESESSIONBUSY';

  constructor(waitedMs: number) {
    super(
      `expected the session to be free within ${waitedMs} ms, but other requests of the session held it; not loaded`,
    );
  }
}

/** Thrown if a session's lock expired before its request ended, so another request may have changed the session. */
export class SessionLockLostError extends Error {
  override readonly name = 'SessionLockLostError';
  readonly code = 'ESESSIONLOCKLOST';

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
