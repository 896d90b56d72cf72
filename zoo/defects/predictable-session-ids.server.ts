/** Sessions without a library, in Redis. Ids count up, and any client that sends an id gets the session. */
import type { Request, Response } from 'express';
import type { Redis } from 'ioredis';
import { sessionMethods } from '../hosts/plain/cookie-sessions.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { save } from '../hosts/plain/session.ts';

interface Visit {
  request: Request;
  response: Response;
  redis: Redis;
}

const COOKIE = 'sid';
const SECONDS = '86400';
const key = (id: string): string => `session:${id}`;

let number = 0;
/** Returns an id that no instance has returned before or will return later. */
function nextId(): string {
  const parts: [number, number][] = [
    [process.pid, 8],
    [Date.now(), 12],
    [number++, 12],
  ];
  return parts.map(([part, digits]) => part.toString(16).padStart(digits, '0')).join('');
}

/** Gives the request a session. It is stored under `id` or, if `id` is undefined, under a new id. */
function open({ request, response, redis }: Visit, id: string | undefined, data: object): void {
  const session = sessionMethods(data, done => {
    const kept = request.sessionID ?? nextId();
    if (id !== kept) response.cookie(COOKIE, kept, { httpOnly: true, sameSite: 'lax' });
    Reflect.set(request, 'sessionID', kept);
    redis.set(key(kept), JSON.stringify(session), 'EX', SECONDS).then(() => done());
  });
  Reflect.set(request, 'session', session);
  Reflect.set(request, 'sessionID', id);
}

const visits = new WeakMap<Request, Visit>();

servePlain({
  sessions: redis => async (request, response, next) => {
    const visit = { request, response, redis };
    visits.set(request, visit);
    const id: string | undefined = request.cookies[COOKIE];
    const kept = id === undefined ? null : await redis.get(key(id));
    open(visit, kept === null ? undefined : id, JSON.parse(kept ?? '{}'));
    next();
  },
  async signIn(request, user) {
    open(visits.get(request) as Visit, undefined, { user });
    await save(request);
  },
  async signOut(request, response) {
    const { redis } = visits.get(request) as Visit;
    await redis.del(key(request.sessionID));
    response.clearCookie(COOKIE);
  },
  devices: redis => ({
    async add(user, id) {
      await redis.sadd(`devices:${user}`, id);
    },
    async takeAll(user) {
      const ids = await redis.smembers(`devices:${user}`);
      await redis.del(`devices:${user}`, ...ids.map(key));
      return [];
    },
  }),
});
