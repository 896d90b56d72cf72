/** Makes the balancer repeat a write: the instance cuts the connection of a write that has taken effect. */
import type { Request, RequestHandler, Response } from 'express';
import type { Redis } from 'ioredis';
import type { NginxAdditions } from '../../stack/nginx.ts';
import type { Oracle } from './oracle.ts';

/** Settings of a balancer that repeats a request on another instance if the connection is cut, even a POST. */
export const REPEATING: NginxAdditions = {
  server: 'proxy_next_upstream error non_idempotent;',
  perInstance: 'max_fails=0',
};

/** Changes that need the settings `REPEATING`. */
export const REPEATED: readonly string[] = ['repeated-write', 'absorb-repetition'];

/** Writes that change the data again if they are repeated: they add a value, or increment a counter. */
const ADDS = /^\/app\/(cart|cart\/wrapped|wishes|notes|notes\/mailed|visits)$/;
/** Time for which an instance remembers a write, seconds. */
const REMEMBERED = 60;

/** Only requests that came through the balancer have this header. The balancer repeats no other request. */
const repeats = ({ method, path, headers }: Request): boolean =>
  method === 'POST' && ADDS.test(path) && headers['x-balancer-retries'] !== undefined;

/** Calls `cut` in place of a redirect's end. The app accepts a write with a redirect. */
function insteadOfEnd(response: Response, cut: () => void): void {
  const end = response.end.bind(response);
  Reflect.set(response, 'end', (...args: Parameters<typeof end>) => {
    if (response.statusCode !== 303) return end(...args);
    cut();
    return response;
  });
}

/**
 * Returns a middleware that makes the balancer repeat writes. With `absorb-repetition`, a repeated write has no second
 * effect.
 */
export function repeating(oracle: Oracle, redis: Redis): RequestHandler {
  const absorbs = oracle.draw.act === 'absorb-repetition';
  return async (request, response, next) => {
    if (!REPEATED.includes(oracle.draw.act) || !repeats(request)) return next();
    const key = `done:${request.get('x-request-id')}`;
    const done = absorbs ? await redis.get(key) : null;
    if (done !== null) return response.redirect(303, done);
    if (request.session.user !== undefined && oracle.strikes(request.sessionID, request.session))
      insteadOfEnd(response, async () => {
        if (absorbs) await redis.set(key, response.get('location') ?? '/', 'EX', REMEMBERED);
        else oracle.harm('the balancer repeated a write');
        request.socket.destroy();
      });
    next();
  };
}
