import { type Request, Router } from 'express';
import type { Redis } from 'ioredis';
import type { Control } from '../entry.ts';
import { signedIn, textOf, userOf } from '../hosts/plain/guard.ts';
import { form, list, page } from '../hosts/plain/pages.ts';
import { servePlain } from '../hosts/plain/serve.ts';

const path = (name: string): string => `/app/${name}`;
const writes = (name: string) => ({ path: path(name), form: { text: '{value}' } });

export const dataFromElsewhere: Control = {
  kind: 'control',
  name: 'data-from-elsewhere',
  sound:
    'The plain host with data in Redis; one command makes each change. Each user has a diary and a motto, and all users share a board. They hold values from before the run and values of another program. Each user also has a counter that does not begin at 0. Texts of more than 200 characters are dropped without an error.',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  target: {
    probes: [
      {
        object: 'diary',
        scope: 'user',
        kind: 'bag',
        read: { path: path('diary'), items: 'data-item="([^"]*)"' },
        add: writes('diary'),
      },
      {
        object: 'board',
        scope: 'all',
        kind: 'bag',
        read: { path: path('board'), items: 'data-item="([^"]*)"' },
        add: writes('board'),
      },
      {
        object: 'motto',
        scope: 'user',
        kind: 'register',
        read: { path: path('motto'), items: 'data-motto="([^"]*)"' },
        set: writes('motto'),
      },
      {
        object: 'visits',
        scope: 'user',
        kind: 'counter',
        read: { path: path('visits'), items: 'data-visits="([^"]*)"' },
        increment: { path: path('visits') },
      },
    ],
    slow: { read: '/app/report' },
    claims: [
      'continuity',
      'isolation',
      'instances-agree',
      { routing: 'spread' },
      'read-your-writes',
      'monotonic-reads',
      'no-lost-updates',
      'at-most-once',
      'linearizability',
      'availability',
      'evidence',
    ],
  },
};

/** Maximum length of a text, characters. The app drops longer texts without an error. */
const LONGEST = 200;
/** After this many writes of users, another program adds a value. */
const BESIDE = 9;

if (import.meta.main)
  servePlain({
    onSession(redis) {
      const router = Router();
      router.use(['/app/diary', '/app/board', '/app/motto', '/app/visits'], signedIn);
      lists(router, redis, '/app/diary', request => `diary:${userOf(request)}`);
      lists(router, redis, '/app/board', () => 'board');
      motto(router, redis);
      visits(router, redis);
      return router;
    },
  });

/** The list also contains values from before the run, and values of another program. */
function lists(router: Router, redis: Redis, path: string, keyOf: (request: Request) => string): void {
  router.get(path, async (request, response) => {
    const older = await redis.set(`${keyOf(request)}:begun`, '1', 'NX');
    if (older !== null) await redis.rpush(keyOf(request), 'older-1', 'older-2', 'older-3');
    const values = await redis.lrange(keyOf(request), 0, -1);
    response.send(page(request, 'List', `${list(values)}${form(path, ['text'], 'Add', '')}`));
  });
  router.post(path, async (request, response) => {
    const text = textOf(request, 'text') ?? '';
    if (text.length <= LONGEST) await redis.rpush(keyOf(request), text);
    const writes = await redis.incr(`${keyOf(request)}:writes`);
    if (writes % BESIDE === 0) await redis.rpush(keyOf(request), `another-${writes}`);
    response.redirect(303, path);
  });
}

/** The text has a value from before the run. */
function motto(router: Router, redis: Redis): void {
  const path = '/app/motto';
  router.get(path, async (request, response) => {
    const text = (await redis.get(`motto:${userOf(request)}`)) ?? 'carpe diem';
    response.send(page(request, 'Motto', `<p data-motto="${text}">${form(path, ['text'], 'Save', '')}</p>`));
  });
  router.post(path, async (request, response) => {
    await redis.set(`motto:${userOf(request)}`, textOf(request, 'text') ?? '');
    response.redirect(303, path);
  });
}

function visits(router: Router, redis: Redis): void {
  const path = '/app/visits';
  router.get(path, async (request, response) => {
    const count = 57 + Number(await redis.get(`visits:${userOf(request)}`));
    response.send(page(request, 'Visits', `<p data-visits="${count}">${form(path, [], 'Count', '')}</p>`));
  });
  router.post(path, async (request, response) => {
    await redis.incr(`visits:${userOf(request)}`);
    response.redirect(303, path);
  });
}
