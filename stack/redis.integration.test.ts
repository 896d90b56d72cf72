import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { type BackingServer, startRedis, startServer } from './servers.ts';
import { whyWithout } from './testing/servers.ts';

const started: BackingServer[] = [];

async function redis(...options: Parameters<typeof startRedis>): Promise<BackingServer> {
  const server = await startRedis(...options);
  started.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map(server => server.dispose()));
});

async function ask<T>(server: BackingServer, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(server.url, { commandTimeout: 1_000, maxRetriesPerRequest: 1 });
  client.on('error', () => {});
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

test('keeps its data and address over restarts, in order or after a kill', async () => {
  const server = await redis();
  await ask(server, client => client.set('a', '1'));
  await server.restart();
  await ask(server, client => client.set('b', '2'));
  await server.kill();
  expect(server.running()).toBe(false);
  await server.restart();
  expect(await ask(server, client => client.mget('a', 'b'))).toEqual(['1', '2']);
});

test('`dispose` removes its folder, `stop` does not', async () => {
  const own = await redis();
  const folder = await ask(own, async client => ((await client.config('GET', 'dir')) as string[])[1] ?? '');
  expect(existsSync(folder)).toBe(true);
  await own.stop();
  expect(readdirSync(folder)).toContain('redis.log');
  await own.dispose();
  expect(existsSync(folder)).toBe(false);
});

test('writes each change to the file before it acknowledges it, even on a slow disk', async () => {
  const server = await redis({});
  const config = (name: string) => ask(server, client => client.config('GET', name));
  expect(await config('appendonly')).toEqual(['appendonly', 'yes']);
  expect(await config('appendfsync')).toEqual(['appendfsync', 'no']);
});

test('given arguments override the default ones', async () => {
  const server = await redis({ args: ['--appendonly', 'no', '--maxmemory', '10mb'] });
  expect(await ask(server, client => client.config('GET', 'maxmemory'))).toEqual(['maxmemory', '10485760']);
  await ask(server, client => client.set('a', '1'));
  await server.kill();
  await server.restart();
  expect(await ask(server, client => client.get('a'))).toBeNull();
});

test.skipIf(whyWithout('Valkey', 'valkey-server') !== '')('runs Valkey on request', async () => {
  const server = await startServer('valkey');
  started.push(server);
  expect(await ask(server, client => client.info('server'))).toContain('valkey_version');
  await ask(server, client => client.set('a', '1'));
  await server.restart();
  expect(await ask(server, client => client.get('a'))).toBe('1');
});

test('while paused it runs but does not reply; after a resume it replies', async () => {
  const server = await redis();
  await server.pause();
  expect(server.running()).toBe(true);
  await expect(ask(server, client => client.ping())).rejects.toThrow();
  await server.resume();
  expect(await ask(server, client => client.ping())).toBe('PONG');
  await server.pause();
  await server.stop();
  expect(server.running()).toBe(false);
});

test('an unknown argument: the error contains its message, and nothing is left', async () => {
  const before = readdirSync(tmpdir()).filter(name => name.startsWith('baton-redis-'));
  await expect(startRedis({ args: ['--nonsense', '1'] })).rejects.toThrow(/redis.*exit code 1.*nonsense/s);
  expect(readdirSync(tmpdir()).filter(name => name.startsWith('baton-redis-'))).toEqual(before);
});

test('only an unexpected end is reported', async () => {
  const deaths: string[] = [];
  const { promise: died, resolve } = Promise.withResolvers<string>();
  const server = await redis({
    onDeath: description => {
      deaths.push(description);
      resolve(description);
    },
  });
  await server.restart();
  await server.kill();
  await server.restart();
  expect(deaths).toEqual([]);
  if (server.pid === undefined) throw new Error('expected it to run');
  process.kill(server.pid, 'SIGKILL');
  expect(await died).toMatch(/^redis \(process \d+\) ended: SIGKILL\. Its last output:\n.*Ready to accept/s);
  expect(server.running()).toBe(false);
});
