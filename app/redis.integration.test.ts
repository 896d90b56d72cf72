import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BackingServer, startRedis } from '../stack/servers.ts';
import { until } from '../stack/wait.ts';
import { connectRedis } from './redis.ts';
import { RedisLogin } from './redis-login.ts';

let server: BackingServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server?.stop());

/** Settings for a Redis with neither sentinels nor cluster mode. */
const PLAIN = { redisCluster: [], redisSentinels: [], redisPrimary: '' };

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

/** Blocks the event loop of this process, as on a machine without free CPU time. */
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

it('logs in with the current password at each connection, and again with each new one', async () => {
  const admin = await connected(2_000);
  const letIn = (password: string) =>
    admin.call('ACL', 'SETUSER', 'app', 'on', 'resetpass', `>${password}`, '~*', '&*', '+@all');
  const logins = async () =>
    Number(/cmdstat_auth:calls=(\d+),.*failed_calls=0/.exec(await admin.info('commandstats'))?.[1] ?? 0);
  const passwords = ['first', 'second', 'third'];
  const login = new RedisLogin(
    async () => passwords[0] ?? '',
    error => expect.unreachable(error.message),
  );
  await letIn('first');
  await login.renew();
  const url = server.url.replace('redis://', 'redis://app@');
  const settings = { ...PLAIN, storeTimeoutMs: 2_000, redisUrl: url };
  const redis = connectRedis(settings, error => expect(error.message).toContain('closed'), login);
  await once(redis, 'ready');
  expect(await redis.call('ACL', 'WHOAMI')).toBe('app');
  expect(await logins()).toBe(1);

  for (const [password, count] of [
    ['second', 2],
    ['third', 3],
  ] as const) {
    passwords.shift();
    await letIn(password);
    await login.renew();
    await until(async () => (await logins()) === count, { withinMs: 5_000, what: `login ${count}` });
  }

  const again = once(redis, 'ready');
  await admin.call('CLIENT', 'KILL', 'USER', 'app');
  await again;
  expect(await redis.call('ACL', 'WHOAMI')).toBe('app');
  login.close();
  redis.disconnect();
  admin.disconnect();
});
