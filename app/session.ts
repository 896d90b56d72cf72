/** express-session as this app needs it. Each option that matters for consistency says why it is set so. */
import cookieParser from 'cookie-parser';
import { type Request, type RequestHandler, Router } from 'express';
import session, { type SessionData, type Store } from 'express-session';
import { Refusal, StoreUnavailable } from './failures.ts';
import { byProtocol } from './protocol.ts';
import { CookieStore } from './stores/cookie.ts';
import {
  SessionBusyError,
  SessionGoneError,
  SessionLockLostError,
  SessionTooLargeError,
} from './stores/errors.ts';

declare module 'express-session' {
  interface SessionData {
    /** Email address; a session exists only for a signed-in user. */
    user?: string;
    /** Milliseconds since the epoch, by the clock of the instance that made the session. */
    signedInAt?: number;
  }
}

export interface SessionLimits {
  readonly idleSeconds: number;
  readonly absoluteSeconds: number;
}

/** Seconds that a session has left if nobody uses it: until idle, or until its absolute end. */
export function secondsLeft(data: SessionData, limits: SessionLimits, now = Date.now()): number {
  const absolute = ((data.signedInAt ?? now) - now) / 1000 + limits.absoluteSeconds;
  return Math.min(limits.idleSeconds, absolute);
}

/** Of the cookie. `__Host-` makes a browser refuse it without Secure, for another path, or from a sibling domain. */
export const COOKIE_NAMES = { plain: 'sid', secure: '__Host-sid' };

/**
 * Loads the session of a request, and at the end of the response prolongs it.
 * Fails with StoreUnavailable, or with Refusal 503 while other requests hold the session.
 */
export function sessions(store: Store, secrets: readonly string[], limits: SessionLimits): RequestHandler {
  // express-session puts an id into the cookie; what puts the session there cannot be a store of it.
  if (store instanceof CookieStore) return Router().use(cookieParser(), store.handle);
  endAbsolutely(store, limits);
  const load = byProtocol(secure =>
    session({
      store,
      name: secure ? COOKIE_NAMES.secure : COOKIE_NAMES.plain,
      secret: [...secrets],
      // Writing back what a request only read would undo what a parallel request wrote meanwhile.
      resave: false,
      // A visitor who has not signed in has nothing to remember: no session, no cookie, nothing to fill Redis with.
      saveUninitialized: false,
      // A cookie on every answer would let a slow answer of an old session overwrite the cookie of a new login.
      rolling: false,
      // Ending a session is always explicit, and confirmed before the answer (`end`).
      unset: 'keep',
      // No maxAge: the store alone knows when a session ends. The function runs for each new session, and
      // both middlewares share one store, whose `generate` is that of the last one made.
      cookie: request => ({
        httpOnly: true,
        sameSite: 'lax',
        path: '/',
        secure: request.secure,
      }),
    }),
  );
  return (request, response, next) => {
    load(request)(request, response, error => next(error ? failure(error) : undefined));
  };
}

/** Not every store can expire a session in time (a configuration that got stricter, a clock that differs). */
function endAbsolutely(store: Store, limits: SessionLimits): void {
  const get = store.get.bind(store);
  store.get = (sid, callback) =>
    get(sid, (error, data) => {
      if (!data || secondsLeft(data, limits) > 0) return callback(error, data);
      // If the store fails at that, the session is over all the same.
      store.destroy(sid, () => callback(null, null));
    });
}

/** Whose session it is; undefined if nobody is signed in or the store did not answer. */
export function signedInUser(request: Request): string | undefined {
  // The types say that there always is a session: there is none after `end`, or when loading it failed.
  const data: Partial<SessionData> | undefined = request.session;
  return data?.user;
}

/**
 * Saves the session, and resolves only when the store has confirmed. Call it last, right before answering:
 * express-session by itself sends the headers first, saves then, and drops a save's error.
 * Throws Refusal 409 if the session has ended meanwhile or has grown too large, 503 if it was held too long,
 * StoreUnavailable if the store did not confirm.
 */
export async function save(request: Request): Promise<void> {
  const { session } = request;
  try {
    await new Promise<void>((resolve, reject) => {
      session.save(error => (error ? reject(error) : resolve()));
    });
  } catch (cause) {
    // Too large is the one reason that leaves the session as it was.
    if (!(cause instanceof SessionTooLargeError)) abandon(request);
    throw failure(cause);
  }
  // After `regenerate` express-session cannot tell that this session is saved, and would write it again behind
  // the answer: a second chance to fail unseen, or, with a store that writes whole sessions, to undo a logout.
  Object.defineProperty(session, 'save', {
    configurable: true,
    value: (done?: (error?: unknown) => void) => {
      done?.();
      return session;
    },
  });
}

/** What to tell the user of a store's error: what it refused and why, or that it did not answer. */
function failure(cause: unknown): Refusal | StoreUnavailable {
  if (cause instanceof SessionGoneError)
    return new Refusal(
      409,
      'Your session ended while this request ran, so it was not completed. Sign in and look again.',
    );
  if (cause instanceof SessionBusyError)
    return new Refusal(
      503,
      'Your session is busy with other requests of yours, so nothing was done. Try again in a moment.',
    );
  if (cause instanceof SessionLockLostError)
    return new Refusal(
      503,
      'This request took too long, so it was not completed. Look again, then try again.',
    );
  if (cause instanceof SessionTooLargeError)
    return new Refusal(
      409,
      'Your session holds as much as it can, so nothing was changed. Remove something first.',
    );
  return new StoreUnavailable(cause);
}

/** Replaces the session by a new, empty one with a new id; the old one is destroyed. Throws StoreUnavailable. */
export async function rotate(request: Request): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    request.session.regenerate(error => (error ? reject(error) : resolve()));
  }).catch((cause: unknown) => {
    abandon(request);
    throw new StoreUnavailable(cause);
  });
}

/** Destroys the session. Throws StoreUnavailable; then the cookie is left as it is, for another try. */
export async function end(request: Request): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    request.session.destroy(error => (error ? reject(error) : resolve()));
  }).catch((cause: unknown) => {
    throw new StoreUnavailable(cause);
  });
}

/** Makes express-session forget the session, so that a refusal neither sets a cookie nor saves once more. */
export function abandon(request: Request): void {
  Reflect.deleteProperty(request, 'session');
}
