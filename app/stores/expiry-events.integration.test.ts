/** Sessions that Redis ended are told where its owner wants that, and nowhere else. */
import { afterEach, expect, test } from 'vitest';
import { type RedisServer, startRedis } from '../../stack/redis.ts';
import { createLabels } from '../secrets.ts';
import { Browser } from '../testing/browser.ts';
import { startProcess, type TestProcess } from '../testing/instance.ts';
import { clients } from '../testing/sessions.ts';
import { DEVELOPMENT_SECRET } from '../variables.ts';

let server: RedisServer;
let app: TestProcess | undefined;

afterEach(async () => {
  app?.signal('SIGKILL');
  await app?.ended;
  await server?.dispose();
});

const start = (store: string) =>
  startProcess(server.url, {
    SESSION_STORE: store,
    SESSION_EXPIRY_EVENTS: 'true',
    DRAIN_MS: '0',
  });

test.each(['redis-attributes', 'redis-locked'])(
  'in %s: by the label that the requests have, and a sign-out is none',
  async store => {
    server = await startRedis({ args: ['--notify-keyspace-events', 'Ex'] });
    app = await start(store);
    await app.line(({ event }) => event === 'session-expiry-told');
    const [bob, alice] = [new Browser(app.url), new Browser(app.url)];
    await bob.signIn('bob');
    await bob.post('/logout');
    await alice.signIn('alice');
    const label = createLabels([DEVELOPMENT_SECRET]).user('alice@example.test');
    const ofAlice = await app.line(({ user }) => user === label);
    const [client] = clients(server.url, 1);
    const keys = (await client?.keys('baton:*session:*')) ?? [];
    expect(keys).toHaveLength(1);
    for (const key of keys) await client?.pexpire(key, 1); // As if its time were over.
    client?.disconnect();
    const told = await app.line(({ event }) => event === 'session-expired');
    expect(told['session']).toBe(ofAlice['session']);
    app.signal('SIGTERM');
    expect(await app.ended).toBe(0);
    expect(app.log.filter(({ event }) => event === 'session-expired')).toHaveLength(1);
    expect(app.log.filter(({ event }) => event === 'session-expiry-untold')).toEqual([]);
  },
);

test('where Redis tells nothing, that is said, and nothing is set', async () => {
  server = await startRedis();
  app = await start('redis-attributes');
  await app.line(({ event }) => event === 'session-expiry-untold');
  const [client] = clients(server.url, 1);
  expect(await client?.config('GET', 'notify-keyspace-events')).toEqual(['notify-keyspace-events', '']);
  client?.disconnect();
});

test('a Redis that was away at the start is asked again', async () => {
  server = await startRedis();
  await server.stop();
  app = await start('redis-attributes');
  await app.line(({ event }) => event === 'listening');
  await server.restart();
  await app.line(({ event }) => event === 'session-expiry-untold');
});
