import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../../stack/servers.ts';
import {
  attributes,
  clients,
  create,
  destroy,
  load,
  loadExisting,
  save,
  touch,
} from '../testing/sessions.ts';
import { SessionGoneError } from './errors.ts';
import { RedisAttributesStore } from './redis-attributes.ts';

let server: BackingServer;
let redis: Redis;
let store: RedisAttributesStore;
let other: RedisAttributesStore;
const close: Redis[] = [];

beforeAll(async () => {
  server = await startRedis();
  const [one, two] = clients(server.url, 2);
  if (!one || !two) throw new Error('expected two clients');
  close.push(one, two);
  redis = one;
  store = new RedisAttributesStore({ client: one });
  other = new RedisAttributesStore({ client: two });
});

beforeEach(() => redis.flushall());

afterAll(async () => {
  for (const client of close) client.disconnect();
  await server?.dispose();
});

test('another store loads what one store saved, with cookie and types', async () => {
  const data = create(store, 's1', { user: 'alice', count: 3, nested: { list: [1, null, 'x'] }, off: false });
  await save(data);
  const loaded = await loadExisting(other, 's1');
  expect(attributes(loaded)).toEqual({
    user: 'alice',
    count: 3,
    nested: { list: [1, null, 'x'] },
    off: false,
  });
  expect(loaded.cookie.httpOnly).toBe(true);
  expect(loaded.cookie.expires).toBeNull();
});

test('a session that was never saved does not exist', async () => {
  expect(await load(store, 'unknown')).toBeUndefined();
});

test.each([
  ['an empty text', ''],
  ['separators and control characters', 'a:b\nc\0d'],
  ['a property name of every object', '__proto__'],
  ['another property name', 'constructor'],
  ['letters of other scripts', '日本語 🎴 \ud83d'],
  ['a megabyte', 'x'.repeat(1 << 20)],
])('an item whose name is %s comes back as it was', async (_what, item) => {
  const name = `basket:${item}`.toWellFormed();
  await save(create(store, 's', { user: 'alice', [name]: { addedAt: 1, text: item.toWellFormed() } }));
  const loaded = await loadExisting(other, 's');
  expect(Object.keys(attributes(loaded)).sort()).toEqual([name, 'user'].sort());
  expect(loaded[name]).toEqual({ addedAt: 1, text: item.toWellFormed() });
});

test('an attribute named __proto__ in Redis changes no prototype', async () => {
  await save(create(store, 's', { user: 'alice' }));
  await redis.hset('sess:s', '__proto__', '{"admin":true}');
  const loaded = await loadExisting(store, 's');
  expect(loaded['admin']).toBeUndefined();
  expect(Object.getPrototypeOf(loaded)).toBe(Object.getPrototypeOf(create(store, 't')));
});

test('a save writes changed attributes and removes deleted ones, nothing else', async () => {
  await save(create(store, 's', { kept: 1, changed: 1, removed: 1 }));
  const mine = await loadExisting(store, 's');
  await redis.hset('sess:s', 'kept', '"by another program"');
  mine['changed'] = 2;
  delete mine['removed'];
  mine['added'] = 1;
  mine['nothing'] = undefined;
  await save(mine);
  const loaded = attributes(await loadExisting(other, 's'));
  expect(loaded).toEqual({ kept: 'by another program', changed: 2, added: 1 });
});

test('a value that changed in place counts as changed', async () => {
  await save(create(store, 's', { list: [1] }));
  const mine = await loadExisting(store, 's');
  (mine['list'] as number[]).push(2);
  await save(mine);
  expect((await loadExisting(other, 's'))['list']).toEqual([1, 2]);
});

test('several saves of one request build on each other', async () => {
  const mine = create(store, 's', { step: 1, early: true });
  await save(mine);
  mine['step'] = 2;
  delete mine['early'];
  await save(mine);
  mine['step'] = 1;
  await save(mine);
  expect(attributes(await loadExisting(other, 's'))).toEqual({ step: 1 });
});

test('of overlapping saves of one request, the last one wins', async () => {
  const mine = create(store, 's', { step: 0 });
  await save(mine);
  const saves = [1, 0, 2, 0].map(step => {
    mine['step'] = step;
    return save(mine);
  });
  await Promise.all(saves);
  expect((await loadExisting(other, 's'))['step']).toBe(0);
});

test('two requests that change one attribute: the later save wins, other attributes stay', async () => {
  await save(create(store, 's', { shared: 0 }));
  const [a, b] = [await loadExisting(store, 's'), await loadExisting(other, 's')];
  Object.assign(a, { shared: 'a', a: 1 });
  Object.assign(b, { shared: 'b', b: 1 });
  await save(b);
  await save(a);
  expect(attributes(await loadExisting(other, 's'))).toEqual({ shared: 'a', a: 1, b: 1 });
});

test('every save after the session was destroyed is refused', async () => {
  await save(create(store, 's', { user: 'alice' }));
  const mine = await loadExisting(store, 's');
  await destroy(other, 's');
  mine['late'] = true;
  await expect(save(mine)).rejects.toThrow(SessionGoneError);
  await expect(save(mine)).rejects.toThrow(SessionGoneError);
  expect(await redis.exists('sess:s')).toBe(0);
});

test('also a save without changes, and a save of the request that created the session', async () => {
  const maker = create(store, 's', { user: 'alice' });
  await save(maker);
  const reader = await loadExisting(other, 's');
  await destroy(store, 's');
  await expect(save(reader)).rejects.toThrow(SessionGoneError);
  await expect(save(maker)).rejects.toThrow(SessionGoneError);
});

test('touch prolongs, and never revives', async () => {
  const short = new RedisAttributesStore({ client: redis, ttl: 10 });
  await save(create(short, 's', { user: 'alice' }));
  await touch(store, await loadExisting(store, 's'));
  expect(await redis.ttl('sess:s')).toBeGreaterThan(86_000);
  const mine = await loadExisting(store, 's');
  await destroy(store, 's');
  await touch(store, mine);
  expect(await redis.exists('sess:s')).toBe(0);
});

test('a save sets the time to live: by option, function, or cookie', async () => {
  await save(create(store, 'default', {}));
  expect(await redis.pttl('sess:default')).toBeGreaterThan(86_000_000);
  await save(create(new RedisAttributesStore({ client: redis, ttl: () => 5 }), 'function', {}));
  expect(await redis.pttl('sess:function')).toBeLessThanOrEqual(5000);
  const cookie = create(store, 'cookie', {});
  cookie.cookie.maxAge = 60_000;
  await save(cookie);
  expect(await redis.pttl('sess:cookie')).toBeLessThanOrEqual(60_000);
  await save(create(new RedisAttributesStore({ client: redis, disableTTL: true }), 'never', {}));
  expect(await redis.pttl('sess:never')).toBe(-1);
});

test('a session whose time is over is destroyed, not saved', async () => {
  await save(create(store, 's', { user: 'alice' }));
  const over = await loadExisting(new RedisAttributesStore({ client: redis, ttl: () => 0 }), 's');
  await expect(save(over)).rejects.toThrow(SessionGoneError);
  expect(await load(store, 's')).toBeUndefined();
});

test('with disableTouch, reading does not prolong', async () => {
  const quiet = new RedisAttributesStore({ client: redis, disableTouch: true });
  await save(create(new RedisAttributesStore({ client: redis, ttl: 10 }), 's', {}));
  await touch(quiet, await loadExisting(quiet, 's'));
  expect(await redis.ttl('sess:s')).toBeLessThanOrEqual(10);
});

test('the prefix is in front of every key', async () => {
  const prefixed = new RedisAttributesStore({ client: redis, prefix: 'shop:' });
  await save(create(prefixed, 's', {}));
  expect(await redis.keys('*')).toEqual(['shop:s']);
});

test('an attribute whose save failed is written by the next save, even if it changed back', async () => {
  await save(create(store, 's', { a: 1, b: 1 }));
  const mine = await loadExisting(store, 's');
  mine['a'] = 2;
  delete mine['b'];
  await redis.config('SET', 'maxmemory', '1');
  await expect(save(mine)).rejects.toThrow('OOM');
  await redis.config('SET', 'maxmemory', '0');
  expect(attributes(await loadExisting(other, 's'))).toEqual({ a: 1, b: 1 });
  // Simulates a save whose reply is lost, although Redis has performed the save.
  await redis.hset('sess:s', 'a', '2');
  mine['a'] = 1;
  await save(mine);
  expect(attributes(await loadExisting(other, 's'))).toEqual({ a: 1 });
});

test('a key of another kind is an error, not a signed-out user', async () => {
  await redis.set('sess:s', '{"cookie":{}}');
  await expect(load(store, 's')).rejects.toThrow('WRONGTYPE');
  await redis.del('sess:s');
  await redis.hset('sess:s', 'user', '"alice"');
  await expect(load(store, 's')).rejects.toThrow('expected a session with an attribute "cookie"');
});
