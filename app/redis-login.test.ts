import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readConfig } from './config.ts';
import { createLogin, iamSigner, RedisLogin } from './redis-login.ts';

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

const settings = (cache: string) =>
  readConfig({
    REDIS_URL: 'rediss://app@cards.example.com:6379',
    REDIS_IAM_CACHE: cache,
    REDIS_IAM_REGION: 'eu-central-1',
  });

// The signatures were computed by botocore's RequestSigner, which AWS's example for ElastiCache uses.
test.each([
  ['cards', {}, '85ba86cca26fd567d41265274bc20502cd0615c1b2cd3842045e7a5babf29663'],
  [
    'serverless:cards',
    { ResourceType: 'ServerlessCache' },
    '1bbb03024d8f3c20a67789bdf3b84d83707f9e0813af0d1c46c21a794761ec96',
  ],
])('the token for %s is signed as AWS expects', async (cache, more, signature) => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-02T03:04:05Z') });
  const token = await (await iamSigner(settings(cache)))();
  expect(token).toMatch(/^cards\/\?/);
  expect(Object.fromEntries(new URL(`https://${token}`).searchParams)).toEqual({
    Action: 'connect',
    User: 'app',
    ...more,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'AKIDEXAMPLE/20260102/eu-central-1/elasticache/aws4_request',
    'X-Amz-Date': '20260102T030405Z',
    'X-Amz-Expires': '900',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': signature,
  });
});

test('without REDIS_IAM_CACHE there is no login', async () => {
  expect(await createLogin(readConfig({}), () => {})).toBeUndefined();
});

test.each(['redis://app@127.0.0.1:6379', 'rediss://app:password@127.0.0.1:6379', 'rediss://127.0.0.1:6379'])(
  'REDIS_URL %s is refused with REDIS_IAM_CACHE',
  REDIS_URL => {
    expect(() => readConfig({ REDIS_URL, REDIS_IAM_CACHE: 'cards' })).toThrow(
      'REDIS_URL: expected rediss: with a user and no password',
    );
  },
);

test('a new token is made every ten minutes, and five seconds after a failure', async () => {
  vi.useFakeTimers();
  const results = ['first', new Error('no credentials'), 'second'];
  const errors: Error[] = [];
  const renewed = vi.fn();
  const login = new RedisLogin(
    async () => {
      const result = results.shift();
      if (result instanceof Error) throw result;
      return result ?? '';
    },
    error => errors.push(error),
  );
  login.on('renewed', renewed);
  await login.renew();
  expect(renewed).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(errors.map(({ message }) => message)).toEqual(['no credentials']);
  expect(renewed).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(renewed).toHaveBeenCalledTimes(2);
  login.close();
});

test('after close, there are no more tokens, also if a token is being made', async () => {
  vi.useFakeTimers();
  const made = Promise.withResolvers<string>();
  const sign = vi.fn(() => made.promise);
  const login = new RedisLogin(sign, () => {});
  const renewing = login.renew();
  login.close();
  made.resolve('first');
  await renewing;
  expect(vi.getTimerCount()).toBe(0);
});

test('REDIS_IAM_CACHE allows no events of expired keys', () => {
  const REDIS_URL = 'rediss://app@cards.example.com:6379';
  expect(() => readConfig({ REDIS_URL, REDIS_IAM_CACHE: 'cards', SESSION_EXPIRY_EVENTS: 'true' })).toThrow(
    'SESSION_EXPIRY_EVENTS: expected false, as REDIS_IAM_CACHE is set, got true. The connection of these events',
  );
});
