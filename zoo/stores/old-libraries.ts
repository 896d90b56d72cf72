/** Old published versions of session libraries, which have no types. package.json names their versions. */
import { createRequire } from 'node:module';
import type { RequestHandler } from 'express';
import session, { type SessionOptions, type Store } from 'express-session';
import type { PassportStatic } from 'passport';

const load = createRequire(import.meta.url);

/** Returns the middleware of express-session 1.8.2. */
export const oldExpressSession: (options: SessionOptions) => RequestHandler = load('express-session-1.8');

/** Makes a store from a module that extends the Store of express-session. */
const storeOf =
  (name: string) =>
  (options: object): Store =>
    new (load(name)(session))(options);

/** Makes a store of connect-redis 1.5.0. */
export const oldConnectRedis = storeOf('connect-redis-1.5');

/** Makes a store of session-file-store 0.0.24. */
export const oldFileStore = storeOf('session-file-store-0.0.24');

/** Makes a store of the current session-file-store. */
export const fileStore = storeOf('session-file-store');

/** Returns passport 0.5.3, set up to store only the name of a user in the session. */
export function oldPassport(): PassportStatic {
  const passport: PassportStatic = new (load('passport-0.5').Passport)();
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user: Express.User, done) => done(null, user));
  return passport;
}
