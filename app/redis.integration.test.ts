import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BackingServer, startRedis } from '../stack/servers.ts';
import { connectRedis } from './redis.ts';

let server: BackingServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server?.stop());

const connected = async (storeTimeoutMs: number) => {
  const config = {
    storeTimeoutMs,
    redisUrl: server.url,
    redisCluster: [],
    redisSentinels: [],
    redisPrimary: '',
  };
  const redis = connectRedis(config, () => {});
  await new Promise<void>(resolve => redis.once('ready', () => resolve()));
  return redis;
};

/** Blocks the process, like on a starved machine. */
function standStill(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

it('accepts replies that arrived while the process was blocked', async () => {
  const redis = await connected(200);
  const answer = redis.set('still', 'here');
  standStill(500);
  expect(await answer).toBe('OK');
  redis.disconnect();
});

it('rejects a command that gets no reply, and drops the connection', async () => {
  const redis = await connected(200);
  server.pause();
  await expect(redis.get('still')).rejects.toThrow(/Command timed out|Connection is closed/);
  server.resume();
  redis.disconnect();
});
