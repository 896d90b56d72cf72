/** Loads old published versions of session libraries, which have no types. */
import { createRequire } from 'node:module';
import type { RequestHandler } from 'express';
import session, { type SessionOptions, type Store } from 'express-session';
import type { PassportStatic } from 'passport';

const load = createRequire(import.meta.url);

export const oldExpressSession: (options: SessionOptions) => RequestHandler = load('express-session-1.8');

/** @param name module that extends express-session's class Store */
const storeOf =
  (name: string) =>
  (options: object): Store =>
    new (load(name)(session))(options);

export const oldConnectRedis = storeOf('connect-redis-1.5');

export const oldFileStore = storeOf('session-file-store-0.0.24');

export const fileStore = storeOf('session-file-store');

/** Returns passport 0.5.3, which stores only the user's name in the session. */
export function oldPassport(): PassportStatic {
  const passport: PassportStatic = new (load('passport-0.5').Passport)();
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user: Express.User, done) => done(null, user));
  return passport;
}
