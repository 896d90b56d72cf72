import { afterEach, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../../stack/servers.ts';
import { createLabels } from '../secrets.ts';
import { Browser } from '../testing/browser.ts';
import { startProcess, type TestProcess } from '../testing/instance.ts';
import { clients } from '../testing/sessions.ts';
import { DEVELOPMENT_SECRET } from '../variables.ts';

let server: BackingServer;
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
  'in %s: with the label of the session in the request log; a logout is not reported',
  async store => {
    server = await startRedis({ args: ['--notify-keyspace-events', 'Ex'] });
    app = await start(store);
    await app.line(({ event }) => event === 'session-expiry-reported');
    const [bob, alice] = [new Browser(app.url), new Browser(app.url)];
    await bob.signIn('bob');
    await bob.post('/logout');
    await alice.signIn('alice');
    const label = createLabels([DEVELOPMENT_SECRET]).user('alice@example.test');
    const ofAlice = await app.line(({ user }) => user === label);
    const [client] = clients(server.url, 1);
    const keys = (await client?.keys('baton:*session:*')) ?? [];
    expect(keys).toHaveLength(1);
    for (const key of keys) await client?.pexpire(key, 1); // Makes the session expire now.
    client?.disconnect();
    const expired = await app.line(({ event }) => event === 'session-expired');
    expect(expired['session']).toBe(ofAlice['session']);
    app.signal('SIGTERM');
    expect(await app.ended).toBe(0);
    expect(app.log.filter(({ event }) => event === 'session-expired')).toHaveLength(1);
    expect(app.log.filter(({ event }) => event === 'session-expiry-unreported')).toEqual([]);
  },
);

test('if Redis does not report expired keys, the app logs that, and changes no setting of Redis', async () => {
  server = await startRedis();
  app = await start('redis-attributes');
  await app.line(({ event }) => event === 'session-expiry-unreported');
  const [client] = clients(server.url, 1);
  expect(await client?.config('GET', 'notify-keyspace-events')).toEqual(['notify-keyspace-events', '']);
  client?.disconnect();
});

test('a Redis that was unavailable at the start is tested later', async () => {
  server = await startRedis();
  await server.stop();
  app = await start('redis-attributes');
  await app.line(({ event }) => event === 'listening');
  await server.restart();
  await app.line(({ event }) => event === 'session-expiry-unreported');
});
