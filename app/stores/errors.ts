/** Why a session store refuses, as opposed to failing: for a caller that can tell its user what to do. */

/** A save refused because the session was destroyed or expired after it was loaded. */
export class SessionGoneError extends Error {
  override readonly name = 'SessionGoneError';
  readonly code = 'ESESSIONGONE';

  constructor() {
    super(
      'expected the session to exist, but it was destroyed or expired after this request loaded it; not saved',
    );
  }
}

/** A load refused because other requests held the session for longer than this one may wait. */
export class SessionBusyError extends Error {
  override readonly name = 'SessionBusyError';
  readonly code = 'ESESSIONBUSY';

  /** `waitedMs`: milliseconds. */
  constructor(waitedMs: number) {
    super(
      `expected the session to be free within ${waitedMs} ms, but other requests of it held it; not loaded`,
    );
  }
}

/** A save refused because the request outlived its lock, so that another may have changed the session since. */
export class SessionLockLostError extends Error {
  override readonly name = 'SessionLockLostError';
  readonly code = 'ESESSIONLOCKLOST';

  /** `lockMs`: milliseconds that the lock lasts. */
  constructor(lockMs: number) {
    super(
      `expected to hold the session still, but the lock lasts ${lockMs} ms and the request took longer; not saved`,
    );
  }
}

/** A save refused because the session does not fit into a cookie. */
export class SessionTooLargeError extends Error {
  override readonly name = 'SessionTooLargeError';
  readonly code = 'ESESSIONTOOLARGE';

  /** Both in bytes. */
  constructor(size: number, most: number) {
    super(`expected a session whose cookie has at most ${most} bytes, got ${size}; not saved`);
  }
}
