/** Sessions as the documentation of express-session shows them: how one is begun, saved and ended. */

import { RedisStore } from 'connect-redis';
import type { Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import type { Redis } from 'ioredis';
import type { Devices, PlainParts } from './parts.ts';

/** The host's session middleware: stock express-session over stock connect-redis. */
export function sessions(redis: Redis, secret: string, parts: PlainParts): RequestHandler {
  return session({
    store: parts.store?.(redis) ?? new RedisStore({ client: redis }),
    secret,
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax' },
    ...parts.session,
  });
}

/** Resolves once the store has the session, with its time to live counted from now. */
export function save(request: Request): Promise<void> {
  // Else it is saved with the expiry that it was loaded with, which may be over: then connect-redis deletes it.
  request.session.touch();
  return new Promise((resolve, reject) => {
    // Or the store is told to keep it until the old end: with a maxAge that may have passed, and deletes it.
    // (Sessions that are held in the cookie have no such end.)
    if ('touch' in request.session) request.session.touch();
    request.session.save(error => (error ? reject(error) : resolve()));
  });
}

/** A new id for whom signs in. */
export async function signIn(request: Request, user: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    request.session.regenerate(error => (error ? reject(error) : resolve()));
  });
  request.session.user = user;
  await save(request);
}

export async function signOut(request: Request, response: Response): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    request.session.destroy(error => (error ? reject(error) : resolve()));
  });
  response.clearCookie('connect.sid');
}

/** Ends a session that may be another device's. */
export function destroy(request: Request, sid: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request.sessionStore.destroy(sid, error => (error ? reject(error) : resolve()));
  });
}

/** The ids of a user's sessions, in a Redis set. */
export function devices(redis: Redis): Devices {
  const key = (user: string) => `devices:${user}`;
  return {
    async add(user, sid) {
      await redis.sadd(key(user), sid);
    },
    async takeAll(user) {
      const taken = await redis.multi().smembers(key(user)).del(key(user)).exec();
      return (taken?.[0]?.[1] ?? []) as string[];
    },
  };
}
