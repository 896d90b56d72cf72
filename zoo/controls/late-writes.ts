import { Router } from 'express';
import type { Redis } from 'ioredis';
import { RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import type { Control } from '../entry.ts';
import { signedIn, textOf, userOf } from '../hosts/plain/guard.ts';
import { form, list, page } from '../hosts/plain/pages.ts';
import { servePlain } from '../hosts/plain/serve.ts';

const path = (name: string): string => `/app/${name}`;

export const lateWrites: Control = {
  kind: 'control',
  name: 'late-writes',
  sound:
    'Each user has a motto: one write in eight gets a 503, is saved 400 ms later, and may overwrite a newer one. This is no violation, because a write with a 503 may still take effect. Each user also has a shelf, which takes six books and refuses more.',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  target: {
    probes: [
      {
        object: 'shelf',
        scope: 'user',
        kind: 'list',
        cap: 6,
        read: { path: path('shelf'), items: 'data-item="([^"]*)"' },
        add: { path: path('shelf'), form: { text: '{value}' } },
      },
      {
        object: 'motto',
        scope: 'user',
        kind: 'register',
        read: { path: path('motto'), items: 'data-motto="([^"]*)"' },
        set: { path: path('motto'), form: { text: '{value}' } },
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
      'linearizability',
      'evidence',
    ],
  },
};

/** Maximum number of books on a shelf. */
const MOST = 6;
/** One of EVERY writes of a motto (a text of a user) is saved only after its response. */
const EVERY = 8;
/** Milliseconds from the response to the late save. */
const LATE_MS = 400;

/** Lua script that adds a book in one step, if the shelf has room. */
const ADD = `
if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
return redis.call('RPUSH', KEYS[1], ARGV[1])`;

if (import.meta.main)
  servePlain({
    store: redis => new RedisAttributesStore({ client: redis }),
    onSession(redis) {
      const router = Router();
      router.use(['/app/shelf', '/app/motto'], signedIn);
      shelf(router, redis);
      motto(router, redis);
      return router;
    },
  });

/** A full shelf refuses further books. */
function shelf(router: Router, redis: Redis): void {
  const path = '/app/shelf';
  router.get(path, async (request, response) => {
    const books = await redis.lrange(`shelf:${userOf(request)}`, 0, -1);
    response.send(page(request, 'Shelf', `${list(books)}${form(path, ['text'], 'Add', '')}`));
  });
  router.post(path, async (request, response) => {
    const added = await redis.eval(ADD, 1, `shelf:${userOf(request)}`, textOf(request, 'text') ?? '', MOST);
    if (added === 0) response.status(409).send(page(request, 'The shelf is full', ''));
    else response.redirect(303, path);
  });
}

/** One of EVERY writes gets a 503 and takes effect later, so it can undo a newer motto (a text of a user). */
function motto(router: Router, redis: Redis): void {
  const path = '/app/motto';
  let writes = 0;
  router.get(path, async (request, response) => {
    const text = (await redis.get(`motto:${userOf(request)}`)) ?? '';
    response.send(page(request, 'Motto', `<p data-motto="${text}">${form(path, ['text'], 'Save', '')}</p>`));
  });
  router.post(path, async (request, response) => {
    const save = () => redis.set(`motto:${userOf(request)}`, textOf(request, 'text') ?? '');
    if (++writes % EVERY === 0) {
      setTimeout(save, LATE_MS);
      response.status(503).send('The database is slow: the text may be saved later.');
      return;
    }
    await save();
    response.redirect(303, path);
  });
}
