/** Handles the requests of a session one after the other, with a lock in Redis. */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import type { Redis } from 'ioredis';

export interface LockOptions {
  readonly waitMs: number;
  /** Reaction if a request does not get the lock within `waitMs`. */
  readonly otherwise: 'refuse' | 'proceed';
  /** What one lock protects: all writes of a session, or only the writes to one object, such as the cart. */
  readonly per?: 'session' | 'thing';
  /** True if reads also wait for the lock. */
  readonly reads?: boolean;
}

/** Milliseconds after which a lock expires, in case the process that holds it dies. */
const HELD_AT_MOST_MS = 10_000;
const LOOK_EVERY_MS = 3;

/**
 * Returns a middleware that handles the requests of a session one after the other. Must come before the session
 * middleware.
 */
export function oneAtATime(
  redis: Redis,
  { waitMs, otherwise, per = 'session', reads = false }: LockOptions,
): RequestHandler {
  return async (request, response, next) => {
    const cookie: unknown = request.cookies['connect.sid'];
    if ((request.method === 'GET' && !reads) || typeof cookie !== 'string') return next();
    const thing = per === 'thing' ? `:${request.path.split('/')[2]}` : '';
    const key = `lock:${createHash('sha256').update(cookie).digest('hex')}${thing}`;
    const holder = randomUUID();
    const deadline = performance.now() + waitMs;
    while ((await redis.set(key, holder, 'PX', HELD_AT_MOST_MS, 'NX')) === null) {
      if (performance.now() < deadline) await sleep(LOOK_EVERY_MS);
      else if (otherwise === 'proceed') return next();
      else return void response.status(423).send('Another request of yours is under way. Try again.');
    }
    response.once('close', async () => {
      if ((await redis.get(key)) === holder) await redis.del(key);
    });
    next();
  };
}
