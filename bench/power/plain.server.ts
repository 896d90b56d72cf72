import { createHmac } from 'node:crypto';
import { type Request, type RequestHandler, Router } from 'express';
import type { Redis } from 'ioredis';
import { SessionGoneError } from '../../app/stores/errors.ts';
import type { Devices } from '../../zoo/hosts/plain/parts.ts';
import { servePlain } from '../../zoo/hosts/plain/serve.ts';
import { devices, save, signIn } from '../../zoo/hosts/plain/session.ts';
import { DrawnStore } from './drawn-store.ts';
import { drawnHandler } from './handler.ts';
import { Oracle } from './oracle.ts';
import { repeating } from './repetition.ts';

const oracle = Oracle.ofProcess();
const { draw } = oracle;

/** Signs a session id as express-session does. */
const signatureOf = (sid: string): string =>
  createHmac('sha256', process.env['SESSION_SECRET'] ?? 'keyboard cat')
    .update(sid)
    .digest('base64')
    .replace(/=+$/, '');

/** Requests whose session cookie had a wrong signature. */
const forged = new WeakSet<object>();

/** Replaces the signature of the session cookie by a valid one, so that the app accepts every signature. */
const unchecked: RequestHandler = (request, _response, next) => {
  const [sid, signature] = String(request.cookies['connect.sid'] ?? '')
    .replace(/^s:/, '')
    .split('.');
  if (draw.act === 'accept-forged' && sid && signature !== undefined && oracle.strikes(sid)) {
    const right = signatureOf(sid);
    if (right !== signature) forged.add(request);
    request.headers.cookie = `connect.sid=${encodeURIComponent(`s:${sid}.${right}`)}`;
    delete request.cookies['connect.sid'];
  }
  next();
};

function doubling(redis: Redis): void {
  const push = redis.rpush.bind(redis);
  Reflect.set(redis, 'rpush', async (key: string, text: string) => {
    if (oracle.strikes('')) {
      oracle.harm('a note was added twice');
      await push(key, text);
    }
    return push(key, text);
  });
}

/** Time after which a session that was ended no longer exists, milliseconds. */
const ENDED = 200;

/** With the defect, one live session of a user remains when the app ends all sessions of the user. */
function missing(redis: Redis): Devices {
  const real = devices(redis);
  return {
    add: (user, sid) => real.add(user, sid),
    async takeAll(user) {
      const ids = await real.takeAll(user);
      if (!oracle.strikes('', { user })) return ids;
      const live = await Promise.all(ids.map(id => redis.exists(`sess:${id}`)));
      const kept = ids.find((_, i) => live[i] === 1);
      // Checks later whether the session still exists: the app always ends the session of this request, even if this
      // function omits it.
      setTimeout(async () => {
        if (kept !== undefined && (await redis.exists(`sess:${kept}`)) === 1)
          oracle.harm('a session of the user was not ended');
      }, ENDED);
      return ids.filter(id => id !== kept);
    },
  };
}

async function keepingId(request: Request, user: string): Promise<void> {
  if (request.session.user === undefined || !oracle.strikes(request.sessionID, { user }))
    return signIn(request, user);
  oracle.harm('a login kept the session id');
  request.session.user = user;
  await save(request);
}

let last = '';
/** Set if the next Redis command gets a wrong key: `own` is the request's user, `other` the user of the key. */
let swapped: { own: string; other: string } | undefined;
/** Returns the user whose notes a request uses. With the defect, this is the user of the previous request. */
function keyOf(user: string): string {
  const before = last;
  last = user;
  if (before === '' || before === user || !oracle.strikes('', { user })) return user;
  swapped = { own: user, other: before };
  return before;
}

/** Redis commands whose first argument is a user's key. Value: true if the command only reads. */
const COMMANDS = { lrange: true, get: true, rpush: false, lrem: false, set: false };

/** Reports each write with a wrong user's key, and each read with such a key that returns a wrong result. */
function watching(redis: Redis): void {
  for (const [name, reads] of Object.entries(COMMANDS)) {
    const command: (...all: unknown[]) => Promise<unknown> = Reflect.get(redis, name).bind(redis);
    Reflect.set(redis, name, async (key: string, ...rest: unknown[]) => {
      const strike = swapped;
      swapped = undefined;
      const result = await command(key, ...rest);
      if (strike === undefined) return result;
      const right = reads ? await command(key.replace(strike.other, strike.own), ...rest) : undefined;
      if (JSON.stringify(result) !== JSON.stringify(right))
        oracle.harm('the notes of another user were used');
      return result;
    });
  }
}

servePlain({
  store: redis => new DrawnStore({ client: redis }, oracle),
  beforeSession: () => unchecked,
  onSession(redis) {
    if (draw.act === 'double') doubling(redis);
    if (draw.act === 'share-notes') watching(redis);
    return Router().use(
      (request, _response, next) => {
        if (forged.has(request) && request.session.user !== undefined)
          oracle.harm('a forged cookie was accepted');
        next();
      },
      drawnHandler(oracle),
      repeating(oracle, redis),
    );
  },
  ...(draw.act === 'share-notes' && { keyOf }),
  ...(draw.act === 'miss-session' && { devices: missing }),
  ...(draw.act === 'keep-id' && { signIn: keepingId }),
  onError(error, request, response, next) {
    if (!(error instanceof SessionGoneError)) return next(error);
    // After a logout, express-session must not save the session again.
    Reflect.deleteProperty(request, 'session');
    response.redirect(303, '/app/login');
  },
});
