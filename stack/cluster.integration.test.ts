import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser } from '../app/testing/browser.ts';
import { startLocalStack } from './local.ts';
import type { BackingServer } from './servers.ts';
import type { Stack } from './stack.ts';
import { whyWithout } from './testing/servers.ts';
import { shop } from './testing/shop.ts';
import { until } from './wait.ts';

const STORES = ['redis-attributes', 'connect-redis', 'redis-locked'];

describe.skipIf(whyWithout('hardened Redis', 'openssl') !== '')('a Redis cluster', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startLocalStack({
      port: 'any',
      env: { STACK_REDIS: 'cluster', FIXTURE_USERS: '1', LOGIN_LIMITS: 'on' },
      instances: STORES.map(SESSION_STORE => ({ env: { SESSION_STORE } })),
    });
  });
  afterAll(() => stack?.stop());

  async function infoOf(section: string): Promise<string[]> {
    const { url, addresses } = stack.store as BackingServer;
    const { username, password } = new URL(url);
    const tls = { ca: readFileSync(addresses['NODE_EXTRA_CA_CERTS'] ?? '') };
    const servers = (addresses['REDIS_CLUSTER'] ?? '').split(',');
    return Promise.all(
      servers.map(async address => {
        const [host = '', port] = address.split(':');
        const redis = new Redis({ host, port: Number(port), username, password, tls });
        try {
          return await redis.info(section);
        } finally {
          redis.disconnect();
        }
      }),
    );
  }

  test('is sufficient for every session store in Redis', async () => {
    for (const { url } of stack.instances()) await shop(new Browser(url));
  });

  test('serves sessions only from primaries', async () => {
    const roles = await infoOf('replication');
    const stats = await infoOf('commandstats');
    const reads = (role: string) =>
      stats.filter(
        (text, i) => roles[i]?.includes(`role:${role}`) && /cmdstat_(hgetall|hmget|get):/.test(text),
      );
    expect(roles.filter(text => text.includes('role:slave'))).toHaveLength(3);
    expect(reads('slave')).toEqual([]);
    expect(reads('master')).not.toEqual([]);
  });

  test('keeps a session when a primary is killed, and clients find its replica', async () => {
    const [instance] = stack.instances();
    const browser = new Browser(instance?.url ?? '');
    await browser.signIn('user1');
    await browser.post('/basket/items', { item: 'kept' });
    await stack.store.kill();
    expect((await browser.get('/dashboard')).status).toBe(503);
    await stack.store.failover?.done();
    const served = async () => (await browser.get('/dashboard')).status === 200;
    await until(served, { withinMs: 10_000, what: 'the dashboard' });
    expect((await browser.dashboard()).basket).toEqual(['kept']);
    await stack.store.restart();
    expect((await infoOf('replication')).filter(text => text.includes('role:slave'))).toHaveLength(3);
  });
});
