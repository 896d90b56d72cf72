/** Tests the app with a Redis that allows clients only the commands of a managed service. */
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser } from '../app/testing/browser.ts';
import { startLocalStack } from './local.ts';
import { type BackingServer, startServer } from './servers.ts';
import { whyWithout } from './testing/servers.ts';
import { shop } from './testing/shop.ts';

describe.skipIf(whyWithout('hardened Redis', 'openssl') !== '')('a hardened Redis', () => {
  let server: BackingServer;
  let client: Redis;

  beforeAll(async () => {
    server = await startServer('hardened');
    client = new Redis(server.url, {
      tls: { ca: readFileSync(server.addresses['NODE_EXTRA_CA_CERTS'] ?? '') },
    });
    client.on('error', () => {}); // One test restarts the server.
  });
  afterAll(async () => {
    client?.disconnect();
    await server?.dispose();
  });

  test.each([
    ['CONFIG', 'GET', 'maxmemory'],
    ['CONFIG', 'SET', 'notify-keyspace-events', 'Ex'],
    ['DEBUG', 'SLEEP', '0'],
    ['SAVE'],
    ['BGSAVE'],
    ['KEYS', '*'],
    ['MONITOR'],
    ['ACL', 'LIST'],
    ['REPLICAOF', 'NO', 'ONE'],
    ['SHUTDOWN'],
  ])('refuses %s %s', async (command, ...args) => {
    await expect(client.call(command, ...args)).rejects.toThrow(/NOPERM|not allowed/);
  });

  test('accepts no other password, and only TLS', async () => {
    await expect(client.call('AUTH', 'baton', 'wrong')).rejects.toThrow('WRONGPASS');
    const plain = createConnection({ host: '127.0.0.1', port: server.port });
    let heard = '';
    plain.on('data', data => {
      heard += data.toString('latin1');
    });
    plain.on('error', () => {}); // The server may reset the connection instead of closing it.
    plain.write('PING\r\n');
    await new Promise(resolve => plain.once('close', resolve));
    expect(heard).not.toContain('PONG');
  });

  test('keeps its data over a restart', async () => {
    await client.set('kept', '1');
    await client.multi().set('of a transaction', '1').exec();
    await client.eval(
      "redis.call('SET', KEYS[1], '1') redis.call('PEXPIRE', KEYS[1], 60000)",
      1,
      'of a script',
    );
    await server.restart();
    expect(await client.mget('kept', 'of a transaction', 'of a script')).toEqual(['1', '1', '1']);
  });

  test('is sufficient for the stack with every session store in Redis', async () => {
    const stores = ['redis-attributes', 'connect-redis', 'redis-locked'];
    const stack = await startLocalStack({
      port: 'any',
      env: { STACK_REDIS: 'hardened', FIXTURE_USERS: '1' },
      instances: stores.map(SESSION_STORE => ({ env: { SESSION_STORE } })),
    });
    try {
      for (const { url } of stack.instances()) await shop(new Browser(url));
    } finally {
      await stack.stop();
    }
  });
});

test('an unknown value of STACK_REDIS is refused', async () => {
  await expect(startLocalStack({ port: 'any', env: { STACK_REDIS: 'disk' } })).rejects.toThrow(
    'STACK_REDIS: expected one of plain, hardened, valkey, sentinel, cluster, got "disk"',
  );
});
