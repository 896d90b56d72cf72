import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ConfigError, readConfig } from './config.ts';
import { aboutVariables } from './variables.ts';

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
    scrypt: { cost: 131_072, parallel: 1 },
    loginLimits: true,
    alwaysSecure: false,
    logLevel: 'info',
  });
  expect(readConfig({}).instance).toMatch(/^[\w.-]+-\d+$/);
});

test('an empty variable counts as not set', () => {
  expect(readConfig({ PORT: '', SESSION_SECRET: '' })).toMatchObject({ port: 3000 });
});

test('sentinels: each with its port; none if the variable is not set', () => {
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

test('a cluster: servers with their ports, but no sentinels and no events of expired keys', () => {
  const cluster = { REDIS_CLUSTER: 'cards.example.com:6379' };
  expect(readConfig(cluster)).toMatchObject({ redisCluster: [{ host: 'cards.example.com', port: 6379 }] });
  expect(readConfig({}).redisCluster).toEqual([]);
  expect(() => readConfig({ ...cluster, REDIS_SENTINELS: '10.0.0.1:26379' })).toThrow(
    'REDIS_SENTINELS: expected nothing, as REDIS_CLUSTER is set, got sentinels',
  );
  expect(() => readConfig({ ...cluster, SESSION_EXPIRY_EVENTS: 'true' })).toThrow(
    'SESSION_EXPIRY_EVENTS: expected false, as REDIS_CLUSTER is set, got true',
  );
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
  ['SMTP_URL', 'http://mail.example.com', 'smtps://user:password@mail.example.com'],
  ['PUBLIC_URL', 'cards.example.com', 'https://cards.example.com'],
  ['S3_BUCKET', 'My.Bucket', '3 to 63 lower-case letters, digits or dashes'],
  ['S3_ENDPOINT', '127.0.0.1:8333', 'http://127.0.0.1:8333'],
  ['S3_PUBLIC_URL', 'cdn.example', 'http://127.0.0.1:8333'],
  ['S3_REGION', 'eu west', 'a region such as us-east-1'],
  ['DYNAMODB_REGION', 'eu/west', 'a region such as us-east-1'],
  ['REDIS_IAM_REGION', 'eu west', 'a region such as us-east-1'],
  ['DYNAMODB_TABLE', 'my table', '3 to 255 letters'],
  ['SCRYPT_COST', '1000', 'a power of two'],
  ['FIXTURE_USERS', 'many', 'users'],
  ['TRIAL', 'yes', 'true or false'],
  ['LOGIN_LIMITS', 'true', 'one of on, off'],
  ['SECURE_COOKIES', 'never', 'one of auto, always'],
  ['LOG_LEVEL', 'loud', 'one of trace, debug, info'],
])('%s=%s is refused, by name, with what was expected', (name, value, expected) => {
  const read = () => readConfig({ [name]: value });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(`${name}: expected`);
  expect(read).toThrow(expected);
});

test('all invalid variables are reported at once', () => {
  expect(() => readConfig({ PORT: 'x', PAYMENT_MS: 'y' })).toThrow(
    /PORT: .*\nPAYMENT_MS: .*\nCorrect the environment/,
  );
});

test.each(['SESSION_STORE', 'BASKET_STORE'])('%s=postgres requires DATABASE_URL', name => {
  expect(() => readConfig({ [name]: 'postgres' })).toThrow(
    `DATABASE_URL: expected a URL such as postgres://127.0.0.1:5432/baton, as ${name} is postgres`,
  );
  const url = 'postgres://127.0.0.1:5432/baton';
  expect(readConfig({ [name]: 'postgres', DATABASE_URL: url }).databaseUrl).toBe(url);
});

test.each([
  ['SMTP_URL', 'smtp://127.0.0.1:1025'],
  ['S3_BUCKET', 'cards'],
])('%s requires PUBLIC_URL, and a slash at its end does not matter', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(
    `PUBLIC_URL: expected the address of the app for its users, as ${name} is set, got nothing`,
  );
  const PUBLIC_URL = 'https://cards.example.com/';
  expect(readConfig({ [name]: value, PUBLIC_URL }).publicUrl).toBe('https://cards.example.com');
});

test.each([
  [{}, 'https://cards.s3.us-east-1.amazonaws.com'],
  [{ S3_REGION: 'eu-central-1' }, 'https://cards.s3.eu-central-1.amazonaws.com'],
  [{ S3_ENDPOINT: 'http://127.0.0.1:8333/' }, 'http://127.0.0.1:8333/cards'],
  [{ S3_ENDPOINT: 'http://store', S3_PUBLIC_URL: 'https://cdn.example/' }, 'https://cdn.example'],
])('browsers reach the bucket with %j at %s', (env, url) => {
  const PUBLIC_URL = 'https://cards.example.com';
  expect(readConfig({ S3_BUCKET: 'cards', PUBLIC_URL, ...env }).bucketUrl).toBe(url);
});

test('S3_CREDENTIALS is a key and a secret, which may contain colons; absent, the AWS SDK looks for a key', () => {
  const parsed = (S3_CREDENTIALS: string) => readConfig({ S3_CREDENTIALS }).bucketCredentials;
  expect(parsed('KEY:a:b/+=')).toEqual({ accessKeyId: 'KEY', secretAccessKey: 'a:b/+=' });
  expect(parsed('')).toBeUndefined();
  expect(() => parsed('hush')).toThrow('S3_CREDENTIALS: expected KEY_ID:SECRET, got (not shown)');
});

test('secrets are never shown', () => {
  const env = { SESSION_SECRET: 'hush', REDIS_URL: 'http://:hush@host', DATABASE_URL: 'x://:hush@host' };
  const read = () => readConfig(env);
  expect(read).toThrow('(not shown)');
  expect(read).not.toThrow('hush');
});

const OWN = 'a-secret-of-our-own';
const DEVELOPMENT = 'baton-development-secret-not-for-production';

test.each([
  [{ NODE_ENV: 'production' }, 'NODE_ENV is production'],
  [{ HOST: '0.0.0.0' }, 'HOST is 0.0.0.0'],
  [{ HOST: '::' }, 'HOST is ::'],
  [{ HOST: '10.0.0.5' }, 'HOST is 10.0.0.5'],
  [{ HOST: '127.example.test' }, 'HOST is 127.example.test'],
  [{ HOST: '0.0.0.0', SESSION_SECRET: DEVELOPMENT }, 'published'],
  [{ HOST: '0.0.0.0', SESSION_SECRET: `${OWN},${DEVELOPMENT}` }, 'published'],
])('the development secret is refused where other machines reach the app: %o', (env, why) => {
  expect(() => readConfig(env)).toThrow('SESSION_SECRET: expected secrets of your own');
  expect(() => readConfig(env)).toThrow(why);
  expect(readConfig({ ...env, SESSION_SECRET: OWN }).secrets).toEqual([OWN]);
  expect(readConfig({ ...env, TRIAL: 'true' }).secrets).toContain(DEVELOPMENT);
});

test.each(['127.0.0.1', '127.0.1.1', '::1', 'localhost'])(
  'the development secret is accepted on %s',
  HOST => {
    expect(readConfig({ HOST }).secrets).toEqual([DEVELOPMENT]);
  },
);

test('a trial has cheap hashes and no login limits, unless they are set', () => {
  expect(readConfig({ TRIAL: 'true' })).toMatchObject({
    scrypt: { cost: 4_096, parallel: 1 },
    loginLimits: false,
  });
  expect(readConfig({ TRIAL: 'true', SCRYPT_COST: '2', LOGIN_LIMITS: 'on' })).toMatchObject({
    scrypt: { cost: 2, parallel: 1 },
    loginLimits: true,
  });
});

test.each([
  ['16384', '1'],
  ['65536', '1'],
  ['8192', '9'],
  ['4096', '64'],
])("a cost below OWASP's is refused outside trials: N = %s, p = %s", (SCRYPT_COST, SCRYPT_PARALLEL) => {
  expect(() => readConfig({ SCRYPT_COST, SCRYPT_PARALLEL })).toThrow(
    `SCRYPT_COST and SCRYPT_PARALLEL: expected at least one of 131072 and 1, 65536 and 2`,
  );
});

test.each([
  ['131072', '1'],
  ['262144', '1'],
  ['65536', '2'],
  ['16384', '5'],
  ['8192', '10'],
])("OWASP's costs and higher ones are accepted: N = %s, p = %s", (SCRYPT_COST, SCRYPT_PARALLEL) => {
  const scrypt = { cost: Number(SCRYPT_COST), parallel: Number(SCRYPT_PARALLEL) };
  expect(readConfig({ SCRYPT_COST, SCRYPT_PARALLEL }).scrypt).toEqual(scrypt);
});

describe('NAME_FILE', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'baton-config-'));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  function holding(text: string): string {
    const file = join(folder, 'secret');
    writeFileSync(file, text);
    return file;
  }

  test.each([
    ['SESSION_SECRET', OWN, { secrets: [OWN] }],
    ['REDIS_URL', 'rediss://u:p@redis:6380', { redisUrl: 'rediss://u:p@redis:6380' }],
    ['DATABASE_URL', 'postgres://u:p@db/baton', { databaseUrl: 'postgres://u:p@db/baton' }],
  ])('%s_FILE: the value is in the file, without the line end', (name, value, expected) => {
    expect(readConfig({ [`${name}_FILE`]: holding(`${value}\n`) })).toMatchObject(expected);
  });

  test('every secret variable can be read from a file', () => {
    const secrets = aboutVariables().flatMap(([name, { secret }]) => (secret ? [name] : []));
    expect(secrets).toEqual([
      'SESSION_SECRET',
      'REDIS_URL',
      'DATABASE_URL',
      'DYNAMODB_CREDENTIALS',
      'SMTP_URL',
      'S3_CREDENTIALS',
    ]);
  });

  test('a file that is unreadable, empty or invalid is refused, and the error does not show its content', () => {
    const read = (file: string) => () => readConfig({ SESSION_SECRET_FILE: file });
    expect(read(join(folder, 'none'))).toThrow('SESSION_SECRET_FILE: expected a file that can be read');
    expect(read(holding('\n'))).toThrow('SESSION_SECRET_FILE: expected a file with a value');
    expect(read(holding('hush'))).toThrow('SESSION_SECRET: expected secrets of 16 characters');
    expect(read(holding('hush'))).not.toThrow('hush');
  });

  test('the variable and the file together are refused', () => {
    const env = { SESSION_SECRET: OWN, SESSION_SECRET_FILE: holding(OWN) };
    expect(() => readConfig(env)).toThrow(
      'SESSION_SECRET_FILE: expected SESSION_SECRET or SESSION_SECRET_FILE',
    );
  });
});

test('docker-compose.yml sets TRIAL by itself, with no variables set; with TRIAL=false it protects passwords', () => {
  const compose = readFileSync(join(import.meta.dirname, '../docker-compose.yml'), 'utf8');
  const settings: Record<string, unknown> = parse(compose, { merge: true }).services['app-1'].environment;
  const image = { NODE_ENV: 'production', HOST: '0.0.0.0' };
  const env = {
    ...Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [name, withDefaults(String(value))]),
    ),
    ...image,
    SESSION_SECRET: OWN,
    SESSION_SECRET_FILE: '',
  };
  expect(settings).toHaveProperty('TRIAL');
  expect(readConfig(env)).toMatchObject({ scrypt: { cost: 4_096, parallel: 1 }, loginLimits: false });
  expect(readConfig({ ...env, TRIAL: 'false' })).toMatchObject({
    scrypt: { cost: 131_072, parallel: 1 },
    loginLimits: true,
  });
});

/** Replaces inner variables first, because a default may itself contain a variable. */
function withDefaults(value: string): string {
  const replaced = value.replace(/\$\{\w+:-([^${}]*)\}/g, '$1');
  return replaced === value ? value : withDefaults(replaced);
}

test('docs/app.md lists every variable with its default and its meaning (vitest -u writes it)', async () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/app.md'), 'utf8');
  const rows = aboutVariables().map(([name, { shown, sets, secret }]) => {
    const names = secret ? `\`${name}\`, \`${name}_FILE\`` : `\`${name}\``;
    return `| ${names} | ${shown} | ${sets} |`;
  });
  const table = ['| variable | default | what it sets |', '|---|---|---|', ...rows].join('\n');
  const written = page.replace(
    /<!-- variables -->[\s\S]*<!-- \/variables -->/,
    () => `<!-- variables -->\n${table}\n<!-- /variables -->`,
  );
  expect(written).toContain(table);
  await expect(written).toMatchFileSnapshot('../docs/app.md');
});

test('no other file of the app reads a variable, so the list is complete', () => {
  const sources = globSync('**/*.ts', { cwd: import.meta.dirname, exclude: ['**/*.test.ts', 'testing/**'] });
  const reading = sources.filter(file =>
    readFileSync(join(import.meta.dirname, file), 'utf8').includes('process.env'),
  );
  expect(reading.sort()).toEqual(['config.ts', 'serve.ts']);
});
