/** Tests that redis-attributes loses no change and revives no session, but connect-redis does. */
import { RedisStore } from 'connect-redis';
import type { Store } from 'express-session';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../../stack/servers.ts';
import { clients, create, destroy, load, loadExisting, save } from '../testing/sessions.ts';
import { RedisAttributesStore } from './redis-attributes.ts';

const ATTRIBUTES = 20;
const CHANGES = 1000;
const LOGOUTS = 200;

let server: BackingServer;
let connections: Redis[];

beforeAll(async () => {
  server = await startRedis();
  connections = clients(server.url, 2);
});

afterAll(async () => {
  for (const client of connections) client.disconnect();
  await server?.dispose();
});

function pair(make: (client: Redis) => Store): [Store, Store] {
  const [one, two] = connections.map(make);
  if (!one || !two) throw new Error('expected two connections');
  return [one, two];
}

/** Returns the number of lost changes, after 50 rounds of 20 concurrent requests that change separate attributes. */
async function lostChanges([one, two]: [Store, Store]): Promise<number> {
  await save(create(one, 'shared', { user: 'alice' }));
  let lost = 0;
  for (let round = 1; round <= CHANGES / ATTRIBUTES; round++) {
    const requests = await Promise.all(
      Array.from({ length: ATTRIBUTES }, (_, i) => loadExisting(i % 2 ? one : two, 'shared')),
    );
    requests.forEach((data, i) => {
      data[`attribute:${i}`] = round;
    });
    await Promise.all(requests.map(save));
    const after = await loadExisting(one, 'shared');
    lost += requests.filter((_, i) => after[`attribute:${i}`] !== round).length;
  }
  return lost;
}

/** Returns the number of sessions that a slow save on one instance revives after a logout on the other. */
async function revivedSessions([one, two]: [Store, Store]): Promise<number> {
  const race = async (i: number) => {
    const sid = `race-${i}`;
    await save(create(one, sid, { user: 'alice' }));
    const slow = await loadExisting(one, sid);
    slow['item'] = i;
    const logout = destroy(two, sid);
    if (i % 2) await logout;
    await Promise.allSettled([logout, save(slow)]);
    return (await load(two, sid)) !== undefined;
  };
  const revived = await Promise.all(Array.from({ length: LOGOUTS }, (_, i) => race(i)));
  return revived.filter(Boolean).length;
}

const report = (store: string, what: string, lost: number, of: number) =>
  process.stderr.write(`${store}: ${lost} of ${of} ${what}\n`);

describe('redis-attributes', () => {
  const make = (client: Redis) => new RedisAttributesStore({ client, prefix: 'ours:' });

  test('loses none of 1,000 parallel changes of 20 attributes', async () => {
    const lost = await lostChanges(pair(make));
    report('redis-attributes', 'parallel changes lost', lost, CHANGES);
    expect(lost).toBe(0);
  });

  test('revives none of 200 sessions by a slow write after their logout', async () => {
    const revived = await revivedSessions(pair(make));
    report('redis-attributes', 'sessions revived after logout', revived, LOGOUTS);
    expect(revived).toBe(0);
  });
});

describe('connect-redis, the control: the same tests find its losses', () => {
  const make = (client: Redis) => new RedisStore({ client, prefix: 'stock:' });

  test('keeps one change of each round', async () => {
    const lost = await lostChanges(pair(make));
    report('connect-redis', 'parallel changes lost', lost, CHANGES);
    expect(lost).toBe(CHANGES - CHANGES / ATTRIBUTES);
  });

  test('revives every session whose logout was confirmed before the slow write', async () => {
    const revived = await revivedSessions(pair(make));
    report('connect-redis', 'sessions revived after logout', revived, LOGOUTS);
    expect(revived).toBeGreaterThanOrEqual(LOGOUTS / 2);
  });
});
