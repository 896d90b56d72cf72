/** Loads old published versions of session libraries, which have no types. package.json names their versions. */
import { createRequire } from 'node:module';
import type { RequestHandler } from 'express';
import session, { type SessionOptions, type Store } from 'express-session';
import type { PassportStatic } from 'passport';

const load = createRequire(import.meta.url);

/** Returns the middleware of express-session 1.8.2. */
export const oldExpressSession: (options: SessionOptions) => RequestHandler = load('express-session-1.8');

/** Creates a session store from a module that extends the class Store of express-session. */
const storeOf =
  (name: string) =>
  (options: object): Store =>
    new (load(name)(session))(options);

/** Creates a store of connect-redis 1.5.0. */
export const oldConnectRedis = storeOf('connect-redis-1.5');

/** Creates a store of session-file-store 0.0.24. */
export const oldFileStore = storeOf('session-file-store-0.0.24');

/** Creates a store of the current session-file-store. */
export const fileStore = storeOf('session-file-store');

/** Returns passport 0.5.3, configured so that it stores only the name of the user in the session. */
export function oldPassport(): PassportStatic {
  const passport: PassportStatic = new (load('passport-0.5').Passport)();
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user: Express.User, done) => done(null, user));
  return passport;
}
