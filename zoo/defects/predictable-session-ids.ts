import type { Request, Response } from 'express';
import type { Redis } from 'ioredis';
import type { Defect } from '../entry.ts';
import { sessionMethods } from '../hosts/plain/cookie-sessions.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { save } from '../hosts/plain/session.ts';

export const predictableSessionIds: Defect = {
  kind: 'defect',
  name: 'predictable-session-ids',
  section: 'cookie-policy',
  broken:
    'Session ids consist of the time and a number that counts up, and are not signed. They look long and random, but a client with one id can guess the next ones, and so use the sessions of other users.',
  wild: 'An id from `Date.now()`, `uniqid()`, `rand()` or the number of a row seems sufficient, since no two are equal.',
  references: [
    'vanilla/vanilla#1163',
    'amule-project/amule#870',
    'singpolyma/wai-session PR#10',
    'ericrasmussen/pyramid_redis_sessions#20',
  ],
  remedy:
    'Use ids of 128 bits from the random numbers of the operating system, best those that the framework generates.',
  needs: ['users'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'cookie-policy', anomaly: 'EXPOSED' },
  mustNot: [
    'continuity',
    'isolation',
    'routing',
    'instances-agree',
    'rotation',
    'private-responses',
    'availability',
    'evidence',
  ],
};

interface Visit {
  request: Request;
  response: Response;
  redis: Redis;
}

const COOKIE = 'sid';
const SECONDS = '86400';
const key = (id: string): string => `session:${id}`;

let number = 0;
/** All instances share the sequence of ids. */
function nextId(): string {
  const parts: [number, number][] = [
    [process.pid, 8],
    [Date.now(), 12],
    [number++, 12],
  ];
  return parts.map(([part, digits]) => part.toString(16).padStart(digits, '0')).join('');
}

/** Gives the request the session with this id, or a new session if `id` is undefined. */
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

if (import.meta.main)
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
