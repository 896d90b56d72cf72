/** Sets up express-session for this app. */
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
    /** Email address of the signed-in user. Visitors who have not signed in have no session. */
    user?: string;
    /** Time of the login, milliseconds since 1970, by the instance's clock. */
    signedInAt?: number;
  }
}

export interface SessionLimits {
  readonly idleSeconds: number;
  readonly absoluteSeconds: number;
}

/** Returns the seconds until an unused session expires, by the idle or the absolute timeout. */
export function secondsLeft(data: SessionData, limits: SessionLimits, now = Date.now()): number {
  const absolute = ((data.signedInAt ?? now) - now) / 1000 + limits.absoluteSeconds;
  return Math.min(limits.idleSeconds, absolute);
}

/**
 * Names of the session cookie. Browsers accept a cookie with the prefix `__Host-` only if it is Secure, for the path
 * /, and without a domain.
 */
export const COOKIE_NAMES = { plain: 'sid', secure: '__Host-sid' };

/**
 * Returns the middleware that loads a session, and prolongs it when the response ends. Fails with StoreUnavailable,
 * or with Refusal 503 if other requests hold the session too long.
 */
export function sessions(store: Store, secrets: readonly string[], limits: SessionLimits): RequestHandler {
  // CookieStore keeps the whole session in the cookie, so it replaces express-session.
  if (store instanceof CookieStore) return Router().use(cookieParser(), store.handle);
  endAbsolutely(store, limits);
  const load = byProtocol(secure =>
    session({
      store,
      name: secure ? COOKIE_NAMES.secure : COOKIE_NAMES.plain,
      secret: [...secrets],
      // A request that only reads the session must not save it, because this would undo a concurrent write.
      resave: false,
      // A visitor who has not signed in needs no session and no cookie.
      saveUninitialized: false,
      // With `rolling`, a slow response of an old session could overwrite the cookie of a new login.
      rolling: false,
      // Only the function `end` destroys a session, because it waits for the store before the response.
      unset: 'keep',
      // No maxAge, because only the store knows when a session ends. express-session uses the newest middleware's
      // cookie options for all sessions of a store, so `secure` must depend on the request.
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

/**
 * Ends loaded sessions after the absolute timeout. A store may keep a session too long, because the timeout was
 * shortened or clocks differ.
 */
function endAbsolutely(store: Store, limits: SessionLimits): void {
  const get = store.get.bind(store);
  store.get = (sid, callback) =>
    get(sid, (error, data) => {
      if (!data || secondsLeft(data, limits) > 0) return callback(error, data);
      // Reports no session, even if the store fails to delete the expired session.
      store.destroy(sid, () => callback(null, null));
    });
}

/** Returns the signed-in user; undefined if no user is signed in or the store did not respond. */
export function signedInUser(request: Request): string | undefined {
  // The declared type is wrong: a request has no session after `end`, or if the store did not respond.
  const data: Partial<SessionData> | undefined = request.session;
  return data?.user;
}

/**
 * Saves the session, and resolves once the store has confirmed. Must be called last before the response, or
 * express-session would save after the headers and ignore errors. Throws Refusal 409 if the session has ended or is
 * too large; Refusal 503 if its lock has expired; StoreUnavailable if the store did not confirm.
 */
export async function save(request: Request): Promise<void> {
  const { session } = request;
  try {
    await new Promise<void>((resolve, reject) => {
      session.save(error => (error ? reject(error) : resolve()));
    });
  } catch (cause) {
    // Removes the session, so that express-session does not save it again. Keeps a session that is only too large for
    // its cookie: its user is still signed in.
    if (!(cause instanceof SessionTooLargeError)) abandon(request);
    throw failure(cause);
  }
  // After a `regenerate`, express-session would save a second time, ignore errors, and perhaps undo a logout.
  Object.defineProperty(session, 'save', {
    configurable: true,
    value: (done?: (error?: unknown) => void) => {
      done?.();
      return session;
    },
  });
}

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

/** Starts an empty session with a new id. Throws StoreUnavailable if the store does not confirm. */
export async function rotate(request: Request): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    request.session.regenerate(error => (error ? reject(error) : resolve()));
  }).catch((cause: unknown) => {
    abandon(request);
    throw new StoreUnavailable(cause);
  });
}

/** Destroys the session. Throws StoreUnavailable if the store does not confirm, and keeps the cookie for a retry. */
export async function end(request: Request): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    request.session.destroy(error => (error ? reject(error) : resolve()));
  }).catch((cause: unknown) => {
    throw new StoreUnavailable(cause);
  });
}

/** Makes express-session neither set a cookie nor save the session with this response. */
export function abandon(request: Request): void {
  Reflect.deleteProperty(request, 'session');
}
