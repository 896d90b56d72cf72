import { expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

test('nothing set: the defaults of a development machine', () => {
  expect(readConfig({})).toMatchObject({
    port: 3000,
    host: '127.0.0.1',
    redisUrl: 'redis://127.0.0.1:6379',
    sessionStore: 'redis-attributes',
    basketStore: 'session',
    expiryEvents: false,
    sessionLockMs: 10_000,
    sessionLockWaitMs: 5000,
    trustProxy: 'loopback',
    keepAliveMs: 75_000,
    drainMs: 5000,
    shutdownMs: 10_000,
    storeTimeoutMs: 2000,
    paymentMs: 0,
    fixtureUsers: 0,
  });
  expect(readConfig({}).instance).toMatch(/^[\w.-]+-\d+$/);
});

test('a variable set to nothing is not set', () => {
  expect(readConfig({ PORT: '', SESSION_SECRET: '' })).toMatchObject({ port: 3000 });
});

test('sentinels: each with its port; none when it is not set', () => {
  const REDIS_SENTINELS = '10.0.0.1:26379,redis-2:26380';
  expect(readConfig({ REDIS_SENTINELS, REDIS_PRIMARY: 'cards' })).toMatchObject({
    redisSentinels: [
      { host: '10.0.0.1', port: 26_379 },
      { host: 'redis-2', port: 26_380 },
    ],
    redisPrimary: 'cards',
  });
  expect(readConfig({})).toMatchObject({ redisSentinels: [], redisPrimary: 'mymaster' });
  expect(() => readConfig({ REDIS_SENTINELS: '10.0.0.1' })).toThrow(/REDIS_SENTINELS: expected HOST:PORT/);
});

test('several secrets: the first signs', () => {
  const secrets = ['first-secret-of-16', 'second-secret-of-16'];
  expect(readConfig({ SESSION_SECRET: secrets.join(', ') }).secrets).toEqual(secrets);
});

test.each([
  ['true', true],
  ['false', false],
  ['2', 2],
  ['loopback, 10.0.0.0/8', 'loopback, 10.0.0.0/8'],
])('TRUST_PROXY %s', (text, value) => {
  expect(readConfig({ TRUST_PROXY: text }).trustProxy).toBe(value);
});

test.each([
  ['PORT', '70000', 'a whole number of a port from 0 to 65535'],
  ['PORT', '80.5', 'port'],
  ['INSTANCE_ID', 'a b', 'letters, digits'],
  ['REDIS_URL', 'http://127.0.0.1', 'redis://127.0.0.1:6379'],
  ['DATABASE_URL', 'mysql://127.0.0.1/baton', 'postgres://127.0.0.1:5432/baton'],
  ['MEMCACHED_ADDRESS', 'http://127.0.0.1', 'HOST:PORT'],
  ['SESSION_STORE', 'redis', 'one of redis-attributes, connect-redis, redis-locked, postgres'],
  ['BASKET_STORE', 'redis', 'one of session, postgres'],
  ['SESSION_EXPIRY_EVENTS', 'yes', 'true or false'],
  ['SESSION_LOCK_MS', '0', 'milliseconds from 1'],
  ['SESSION_SECRET', 'short', '16 characters'],
  ['SESSION_IDLE_SECONDS', '0', 'seconds from 1'],
  ['TRUST_PROXY', 'everyone', 'addresses such as loopback'],
  ['STORE_TIMEOUT_MS', '0', 'milliseconds from 1'],
  ['PAYMENT_MS', '-1', 'milliseconds'],
  ['SCRYPT_COST', '1000', 'a power of two'],
  ['FIXTURE_USERS', 'many', 'users'],
])('%s=%s is refused, by name, with what was expected', (name, value, expected) => {
  const read = () => readConfig({ [name]: value });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(`${name}: expected`);
  expect(read).toThrow(expected);
});

test('all that is wrong is told at once', () => {
  expect(() => readConfig({ PORT: 'x', PAYMENT_MS: 'y' })).toThrow(
    /PORT: .*\nPAYMENT_MS: .*\nSet the environment/,
  );
});

test.each(['SESSION_STORE', 'BASKET_STORE'])('%s=postgres wants to know where it is', name => {
  expect(() => readConfig({ [name]: 'postgres' })).toThrow(
    `DATABASE_URL: expected a URL such as postgres://127.0.0.1:5432/baton, as ${name} is postgres`,
  );
  const url = 'postgres://127.0.0.1:5432/baton';
  expect(readConfig({ [name]: 'postgres', DATABASE_URL: url }).databaseUrl).toBe(url);
});

test('secrets are never shown', () => {
  const env = { SESSION_SECRET: 'hush', REDIS_URL: 'http://:hush@host', DATABASE_URL: 'x://:hush@host' };
  const read = () => readConfig(env);
  expect(read).toThrow('(not shown)');
  expect(read).not.toThrow('hush');
});

test('in production the secret must be given', () => {
  expect(() => readConfig({ NODE_ENV: 'production' })).toThrow('SESSION_SECRET: expected');
  expect(readConfig({ NODE_ENV: 'production', SESSION_SECRET: 'x'.repeat(16) }).secrets).toHaveLength(1);
});
