import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../../stack/servers.ts';
import { until } from '../../stack/wait.ts';
import { Browser } from '../testing/browser.ts';
import { startInProcess, type TestInstance } from '../testing/instance.ts';
import { clients, create, destroy, load, loadExisting, save, touch } from '../testing/sessions.ts';
import { SessionBusyError, SessionGoneError, SessionLockLostError } from './errors.ts';
import { RedisLockedStore } from './redis-locked.ts';

let server: BackingServer;
let connections: [Redis, Redis];

beforeAll(async () => {
  server = await startRedis();
  connections = clients(server.url, 2) as [Redis, Redis];
});

beforeEach(() => connections[0].flushdb());

afterAll(async () => {
  for (const client of connections ?? []) client.disconnect();
  await server?.dispose();
});

const open = (client: Redis, waitMs = 60_000) =>
  new RedisLockedStore({ client, ttl: () => 60, lockMs: 30_000, waitMs });

const locks = () => connections[0].keys('*:lock');

describe('the store', () => {
  test('serves the requests of a session one after the other: none of 200 changes is lost', async () => {
    const stores = connections.map(client => open(client));
    const [one] = stores as [RedisLockedStore];
    await save(create(one, 'shared', { user: 'alice', count: 0 }));
    const request = async (i: number) => {
      const store = stores[i % 2] as RedisLockedStore;
      const data = await loadExisting(store, 'shared');
      data['count'] = Number(data['count']) + 1;
      await save(data);
      await touch(store, data);
    };
    await Promise.all(Array.from({ length: 200 }, (_, i) => request(i)));
    expect((await loadExisting(one, 'shared'))['count']).toBe(200);
  });

  test('refuses a request that waited too long, and does not block other sessions', async () => {
    const [patient, hasty] = [open(connections[0]), open(connections[1], 0)];
    await save(create(patient, 'a', {}));
    await save(create(patient, 'b', {}));
    const held = await loadExisting(patient, 'a');
    await expect(load(hasty, 'a')).rejects.toThrow(SessionBusyError);
    expect(await load(hasty, 'b')).toBeDefined();
    await touch(patient, held);
    expect(await load(hasty, 'a')).toBeDefined();
  });

  test('refuses the save of a request that lost its lock, also if no request has the lock now', async () => {
    const store = open(connections[0]);
    await save(create(store, 'slow', { n: 1 }));
    const slow = await loadExisting(store, 'slow');
    await connections[1].del(...(await locks())); // Deletes the lock, as its expiry would.
    await expect(save(slow)).rejects.toThrow(SessionLockLostError);
    const next = await loadExisting(store, 'slow');
    await expect(save(slow)).rejects.toThrow(SessionLockLostError);
    await touch(store, slow);
    expect(await locks()).toHaveLength(1); // The late `touch` did not release the lock of the other request.
    await save(next);
  });

  test('a destroyed session stays ended, for the request that held it and for those that waited', async () => {
    const [one, two] = connections.map(client => open(client)) as [RedisLockedStore, RedisLockedStore];
    await save(create(one, 'gone', {}));
    const held = await loadExisting(one, 'gone');
    const waiting = load(two, 'gone');
    await destroy(two, 'gone');
    await expect(save(held)).rejects.toThrow(SessionGoneError);
    await touch(one, held);
    expect(await waiting).toBeUndefined();
    expect(await connections[0].keys('*')).toEqual([]);
  });

  test('holds no lock after loading a session that does not exist or cannot be read', async () => {
    const store = open(connections[0]);
    expect(await load(store, 'never')).toBeUndefined();
    await connections[0].set('sess:{broken}', '{');
    await expect(load(store, 'broken')).rejects.toThrow(SyntaxError);
    await until(async () => (await locks()).length === 0, { withinMs: 10_000, what: 'no lock' });
  });
});

describe('the app', () => {
  let slow: TestInstance;
  let hasty: TestInstance;
  let paying = Promise.withResolvers<void>();
  let paid = Promise.withResolvers<void>();

  beforeEach(async () => {
    [paying, paid] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const pay = () => {
      paying.resolve();
      return paid.promise;
    };
    const env = { SESSION_STORE: 'redis-locked' };
    slow = await startInProcess(server.url, { env, pay });
    hasty = await startInProcess(server.url, { env: { ...env, SESSION_LOCK_WAIT_MS: '0' } });
  });

  afterEach(async () => {
    paid.resolve();
    await Promise.all([slow?.close(), hasty?.close()]);
  });

  async function checkingOut() {
    const browser = new Browser(slow.url);
    await browser.signIn('alice');
    await browser.post('/basket/items', { item: 'tea' });
    const checkout = browser.post('/basket/checkout');
    await paying.promise;
    return { browser, elsewhere: browser.at(hasty.url), checkout };
  }

  test('responds to a request that waited too long that the session is busy, and serves it afterwards', async () => {
    const { elsewhere, checkout } = await checkingOut();
    const refused = await elsewhere.get('/dashboard');
    expect([refused.status, refused.setCookies]).toEqual([503, []]);
    expect(refused.text).toContain('busy with other requests');
    paid.resolve();
    expect((await checkout).status).toBe(303);
    expect((await elsewhere.dashboard()).cards.map(card => card.text)).toEqual(['tea']);
  });

  test('serves the next request after a client disconnected, after a request failed, and after a logout', async () => {
    const { browser, elsewhere, checkout } = await checkingOut();
    slow.closeConnections();
    await expect(checkout).rejects.toThrow('fetch failed');
    await until(async () => (await locks()).length === 0, { withinMs: 10_000, what: 'no lock' });
    expect((await elsewhere.post('/basket/items', { item: 'not/allowed' })).status).toBe(422);
    await until(async () => (await locks()).length === 0, { withinMs: 10_000, what: 'no lock' });
    expect((await browser.at(hasty.url).post('/logout')).status).toBe(303);
    await until(async () => (await locks()).length === 0, { withinMs: 10_000, what: 'no lock' });
  });
});
