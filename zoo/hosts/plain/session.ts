/** Begins, saves and ends sessions as the documentation of express-session shows. */

import { RedisStore } from 'connect-redis';
import type { Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import type { Redis } from 'ioredis';
import type { Devices, PlainParts } from './parts.ts';

/** Returns express-session with connect-redis, without changes. */
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

/** Saves the session with a new expiry. Resolves when the store has saved it. */
export function save(request: Request): Promise<void> {
  return new Promise((resolve, reject) => {
    // Without `touch`, connect-redis would delete a session whose old expiry has passed. A session in a cookie has no
    // `touch`.
    if ('touch' in request.session) request.session.touch();
    request.session.save(error => (error ? reject(error) : resolve()));
  });
}

/** Signs a user in, with a new session id. */
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

/** Ends the session with this id, which may belong to another device of the user. */
export function destroy(request: Request, sid: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request.sessionStore.destroy(sid, error => (error ? reject(error) : resolve()));
  });
}

/** Records the session ids of each user in a Redis set. */
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
