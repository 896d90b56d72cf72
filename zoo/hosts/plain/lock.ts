/** One request of a session at a time, by a lock in Redis. */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import type { Redis } from 'ioredis';

export interface LockOptions {
  /** How long a request waits for the lock, milliseconds. */
  readonly waitMs: number;
  /** What becomes of a request that has waited so long in vain. */
  readonly otherwise: 'refuse' | 'proceed';
  /** What waits for one another: all that a session writes, or what it writes of one thing. */
  readonly per?: 'session' | 'thing';
  /** Requests that only read wait for it as well. */
  readonly reads?: boolean;
}

/** A lock whose holder died is free after this. */
const HELD_AT_MOST_MS = 10_000;
const LOOK_EVERY_MS = 3;

/** Requests that may change something, or all, pass one after the other; belongs before the session. */
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
