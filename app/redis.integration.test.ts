import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../stack/redis.ts';
import { connectRedis } from './redis.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server?.stop());

const connected = async (storeTimeoutMs: number) => {
  const config = { storeTimeoutMs, redisUrl: server.url, redisSentinels: [], redisPrimary: '' };
  const redis = connectRedis(config, () => {});
  await new Promise<void>(resolve => redis.once('ready', () => resolve()));
  return redis;
};

/** As when a machine has no time for this process. */
function standStill(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

it('refuses no reply that came while the process stood still', async () => {
  const redis = await connected(200);
  const answer = redis.set('still', 'here');
  standStill(500);
  expect(await answer).toBe('OK');
  redis.disconnect();
});

it('gives up a command that nobody answers, and leaves the connection', async () => {
  const redis = await connected(200);
  server.pause();
  await expect(redis.get('still')).rejects.toThrow(/Command timed out|Connection is closed/);
  server.resume();
  redis.disconnect();
});
