import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type BackingServer, startRedis } from '../../stack/servers.ts';
import { until } from '../../stack/wait.ts';
import { StoreUnavailable } from '../failures.ts';
import { hashPassword } from '../password.ts';
import { connectRedis, type RedisClient } from '../redis.ts';
import { clients } from '../testing/sessions.ts';
import { Cards } from './cards.ts';
import { createFixtures } from './fixtures.ts';
import { cardKey, userKey } from './keys.ts';
import { FIRST_BALANCE, Users } from './users.ts';

const COST = { cost: 2, parallel: 1 };
const ALICE = 'alice@example.test';
const BUYERS = Array.from({ length: 50 }, (_, i) => `user${i + 1}@example.test`);

let server: BackingServer;
let connections: Redis[];
let users: Users;
let instances: Cards[];
let cards: Cards;

beforeAll(async () => {
  server = await startRedis();
  connections = clients(server.url, 2);
  instances = connections.map(client => new Cards(client));
  const [client] = connections;
  const [first] = instances;
  if (!client || !first) throw new Error('expected two connections');
  users = new Users(client, COST);
  cards = first;
});

beforeEach(async () => {
  await connections[0]?.flushall();
  await createFixtures(users, BUYERS.length, COST);
});

afterAll(async () => {
  for (const client of connections) client.disconnect();
  await server?.dispose();
});

const balance = async (email: string) => (await users.find(email))?.balance;
const total = async () =>
  (await Promise.all([ALICE, ...BUYERS].map(balance))).reduce((a = 0, b = 0) => a + b, 0);
const on = (i: number) => instances[i % instances.length] ?? cards;

describe('buying', () => {
  test('raced by 50 buyers on two instances sells once, and moves the price once', async () => {
    await cards.checkout(ALICE, [{ card: 'c1', text: 'wanted' }], 0);
    await cards.list('c1', ALICE, 700);
    const before = await total();
    const outcomes = await Promise.all(BUYERS.map((buyer, i) => on(i).buy('c1', buyer, 700)));
    expect(outcomes.filter(outcome => outcome === 'bought')).toHaveLength(1);
    expect(outcomes.filter(outcome => outcome === 'not-for-sale')).toHaveLength(BUYERS.length - 1);
    const winner = BUYERS[outcomes.indexOf('bought')] ?? '';
    expect(await balance(winner)).toBe(FIRST_BALANCE - 700);
    expect(await balance(ALICE)).toBe(FIRST_BALANCE + 700);
    expect(await total()).toBe(before);
    expect(await cards.ownedBy(winner)).toEqual([{ id: 'c1', text: 'wanted', owner: winner, price: null }]);
    expect(await cards.ownedBy(ALICE)).toEqual([]);
    expect(await cards.forSale()).toEqual([]);
  });

  test('many cards at once never makes the balance negative', async () => {
    const [buyer = ''] = BUYERS;
    const orders = BUYERS.map((_, i) => ({ card: `c${i}`, text: `card ${i}` }));
    await cards.checkout(ALICE, orders, 0);
    for (const { card } of orders) await cards.list(card, ALICE, 300);
    const outcomes = await Promise.all(orders.map(({ card }, i) => on(i).buy(card, buyer)));
    expect(outcomes.filter(outcome => outcome === 'bought')).toHaveLength(3);
    expect(outcomes.filter(outcome => outcome === 'too-poor')).toHaveLength(orders.length - 3);
    expect(await balance(buyer)).toBe(FIRST_BALANCE - 900);
  });

  test('is refused at another price than the buyer saw, if the card is not for sale, and if the buyer owns it', async () => {
    const [buyer = ''] = BUYERS;
    await cards.checkout(ALICE, [{ card: 'c1', text: 'one' }], 0);
    expect(await cards.buy('c1', buyer)).toBe('not-for-sale');
    await cards.list('c1', ALICE, 10);
    expect(await cards.buy('c1', buyer, 9)).toBe('price-changed');
    expect(await cards.buy('c1', ALICE)).toBe('own-card');
    await cards.unlist('c1', ALICE);
    expect(await cards.buy('c1', buyer, 10)).toBe('not-for-sale');
    expect(await cards.buy('nothing', buyer)).toBe('not-for-sale');
  });
});

describe('checkout', () => {
  test('raced with itself charges once and creates the cards once', async () => {
    const orders = [
      { card: 'c1', text: 'one' },
      { card: 'c2', text: 'two' },
    ];
    const done = await Promise.all(Array.from({ length: 20 }, (_, i) => on(i).checkout(ALICE, orders, 5)));
    expect(done.every(Boolean)).toBe(true);
    expect(await balance(ALICE)).toBe(FIRST_BALANCE - 10);
    expect((await cards.ownedBy(ALICE)).map(card => card.id).sort()).toEqual(['c1', 'c2']);
  });

  test('changes nothing if the balance is too low', async () => {
    const orders = Array.from({ length: 3 }, (_, i) => ({ card: `c${i}`, text: 'x' }));
    expect(await cards.checkout(ALICE, orders, 400)).toBe(false);
    expect(await balance(ALICE)).toBe(FIRST_BALANCE);
    expect(await cards.ownedBy(ALICE)).toEqual([]);
  });
});

describe('selling', () => {
  test('the card of another user is refused', async () => {
    await cards.checkout(ALICE, [{ card: 'c1', text: 'one' }], 0);
    expect(await cards.list('c1', 'bob@example.test', 1)).toBe(false);
    expect(await cards.unlist('c1', 'bob@example.test')).toBe(false);
    expect(await cards.list('nothing', ALICE, 1)).toBe(false);
  });
});

describe('a page of 200 cards', () => {
  let redis: RedisClient;
  let orders: { card: string; text: string }[];

  beforeEach(async () => {
    redis = connectRedis(
      { redisUrl: server.url, redisCluster: [], redisSentinels: [], redisPrimary: '', storeTimeoutMs: 300 },
      () => {},
    );
    await once(redis, 'ready');
    orders = Array.from({ length: 200 }, (_, i) => ({ card: `c${i}`, text: `card ${i}` }));
    await cards.checkout(ALICE, orders, 0);
  });

  afterEach(() => {
    redis.disconnect();
  });

  test('is read with one timer for all cards, not one for each', async () => {
    const instance = new Cards(redis);
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const owned = await instance.ownedBy(ALICE);
    const started = timers.mock.calls.filter(([, ms]) => ms === 300).length;
    timers.mockRestore();
    expect(owned.map(({ id, text }) => ({ card: id, text }))).toEqual(expect.arrayContaining(orders));
    // Allows three timers: for the list of ids, for the cards, and for a heartbeat of ioredis.
    expect(started).toBeLessThanOrEqual(3);
  });

  test('fails as a whole: within the timeout if Redis is silent, and if one record has another type', async () => {
    const instance = new Cards(redis);
    await server.pause();
    await expect(instance.ownedBy(ALICE)).rejects.toThrow(StoreUnavailable);
    await server.resume();
    await connections[0]?.set(cardKey('c7'), 'no card');
    await until(async () => (await redis.ping().catch(() => '')) === 'PONG', {
      withinMs: 30_000,
      what: 'Redis to answer again',
    });
    await expect(instance.ownedBy(ALICE)).rejects.toThrow(/WRONGTYPE/);
  });
});

describe('a password hash that is weaker than configured', () => {
  const STRONGER = { cost: 4, parallel: 2 };
  const stored = () => connections[0]?.hget(userKey(ALICE), 'password');

  test('is verified, and replaced at the next login with the right password', async () => {
    const [client] = connections;
    if (!client) throw new Error('expected a connection');
    const stronger = new Users(client, STRONGER);
    const before = await stored();
    expect(await stronger.authenticate(ALICE, 'wrong')).toBe(false);
    expect(await stored()).toBe(before);
    expect(await stronger.authenticate(ALICE, 'correct-horse-battery')).toBe(true);
    const after = await stored();
    expect(after).toMatch(/^\$scrypt\$ln=2,r=8,p=2\$/);
    expect(await stronger.authenticate(ALICE, 'correct-horse-battery')).toBe(true);
    expect(await stored()).toBe(after);
  });

  test('a stronger hash stays', async () => {
    const hash = await hashPassword('correct-horse-battery', STRONGER);
    await connections[0]?.hset(userKey(ALICE), 'password', hash);
    expect(await users.authenticate(ALICE, 'correct-horse-battery')).toBe(true);
    expect(await stored()).toBe(hash);
  });
});

describe('users', () => {
  test('created by several instances at once are created once, and never again', async () => {
    await cards.checkout(ALICE, [{ card: 'c1', text: 'one' }], 5);
    const others = connections.map(client => new Users(client, COST));
    await Promise.all(others.map(each => createFixtures(each, 1000, COST)));
    expect(await balance(ALICE)).toBe(FIRST_BALANCE - 5);
    expect(await balance('user1000@example.test')).toBe(FIRST_BALANCE);
    expect(await users.authenticate('user1000@example.test', 'correct-horse-battery')).toBe(true);
    expect(await users.authenticate('user1000@example.test', 'wrong')).toBe(false);
    expect(await users.authenticate('user1001@example.test', 'correct-horse-battery')).toBe(false);
  });

  test('that register the same address at once: one succeeds', async () => {
    const tries = await Promise.all(
      ['a', 'b', 'c'].map(name => users.register('new@example.test', name, 'password')),
    );
    expect(tries.filter(Boolean)).toHaveLength(1);
  });
});
