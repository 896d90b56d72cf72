/** Environment → Config. Nothing else in the app reads process.env. */
import { hostname } from 'node:os';
import express from 'express';
import { z } from 'zod';

/** The names that SESSION_STORE takes; the first is the default. */
const STORES = [
  'redis-attributes',
  'connect-redis',
  'redis-locked',
  'postgres',
  'memcached',
  'cookie',
  'memory',
] as const;

/** The names that BASKET_STORE takes; the first is the default. */
const BASKETS = ['session', 'postgres'] as const;

const DEVELOPMENT_SECRET = 'baton-development-secret-not-for-production';

/** A variable that is set to nothing counts as not set, as in most compose files. */
const optional = <T extends z.ZodType>(schema: T, fallback: z.input<T>) =>
  z.preprocess(value => (value === undefined || value === '' ? fallback : value), schema);

function wholeNumber(unit: string, min: number, max: number) {
  const expected = `a whole number of ${unit} from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, expected)
    .transform(Number)
    .refine(value => value >= min && value <= max, expected);
}

const milliseconds = (max = 3_600_000) => wholeNumber('milliseconds', 0, max);
const seconds = wholeNumber('seconds', 1, 31_536_000);

function urlOf(protocols: readonly string[], example: string) {
  return z.string().refine(value => {
    const url = URL.parse(value);
    return url !== null && protocols.includes(url.protocol) && url.hostname !== '';
  }, `a URL such as ${example}`);
}

const redisUrl = urlOf(['redis:', 'rediss:'], 'redis://127.0.0.1:6379');
const databaseUrl = urlOf(['postgres:', 'postgresql:'], 'postgres://127.0.0.1:5432/baton');
const memcachedAddress = z.string().regex(/^[\w.-]+:\d{1,5}$/, 'HOST:PORT such as 127.0.0.1:11211');

const sentinels = z
  .string()
  .regex(/^([\w.-]+:\d{1,5}(,|$))*$/, 'HOST:PORT, comma-separated, such as 10.0.0.1:26379,10.0.0.2:26379')
  .transform(text => {
    const addresses = text.split(',').filter(part => part !== '');
    return addresses.map(address => {
      const [host = '', port] = address.split(':');
      return { host, port: Number(port) };
    });
  });

const secrets = z
  .string()
  .transform(value => value.split(',').map(part => part.trim()))
  .refine(
    parts => parts.every(part => part.length >= 16),
    'secrets of 16 characters or more, comma-separated',
  );

const scryptCost = wholeNumber('scrypt rounds (a power of two)', 2, 1 << 20).refine(
  value => Number.isInteger(Math.log2(value)),
  'a power of two from 2 to 1048576',
);

/** `true`, `false`, a number of hops, or addresses: what Express takes for `trust proxy`. */
const trustProxy = z
  .string()
  .transform(value => {
    if (value === 'true' || value === 'false') return value === 'true';
    return /^\d+$/.test(value) ? Number(value) : value;
  })
  .refine(value => {
    try {
      express().set('trust proxy', value);
      return true;
    } catch {
      return false;
    }
  }, 'true, false, a number of proxies, or addresses such as loopback, 10.0.0.0/8');

const schema = z.object({
  PORT: optional(wholeNumber('a port', 0, 65_535), '3000'),
  HOST: optional(z.string(), '127.0.0.1'),
  INSTANCE_ID: optional(
    z.string().regex(/^[\w.-]{1,128}$/, '1 to 128 letters, digits, dots, dashes or underscores'),
    `${hostname()}-${process.pid}`.replaceAll(/[^\w.-]/g, '-').slice(-128),
  ),
  REDIS_URL: optional(redisUrl, 'redis://127.0.0.1:6379'),
  REDIS_SENTINELS: optional(sentinels, ''),
  REDIS_PRIMARY: optional(z.string(), 'mymaster'),
  DATABASE_URL: optional(z.literal('').or(databaseUrl), ''),
  MEMCACHED_ADDRESS: optional(memcachedAddress, '127.0.0.1:11211'),
  SESSION_STORE: optional(z.enum(STORES, `one of ${STORES.join(', ')}`), STORES[0]),
  BASKET_STORE: optional(z.enum(BASKETS, `one of ${BASKETS.join(', ')}`), BASKETS[0]),
  SESSION_EXPIRY_EVENTS: optional(z.enum(['true', 'false'], 'true or false'), 'false'),
  SESSION_LOCK_MS: optional(wholeNumber('milliseconds', 1, 3_600_000), '10000'),
  SESSION_LOCK_WAIT_MS: optional(milliseconds(), '5000'),
  SESSION_SECRET: optional(secrets, DEVELOPMENT_SECRET),
  SESSION_IDLE_SECONDS: optional(seconds, '1800'),
  SESSION_ABSOLUTE_SECONDS: optional(seconds, '43200'),
  TRUST_PROXY: optional(trustProxy, 'loopback'),
  KEEP_ALIVE_MS: optional(milliseconds(), '75000'),
  DRAIN_MS: optional(milliseconds(), '5000'),
  SHUTDOWN_MS: optional(milliseconds(), '10000'),
  STORE_TIMEOUT_MS: optional(wholeNumber('milliseconds', 1, 60_000), '2000'),
  PAYMENT_MS: optional(milliseconds(), '0'),
  SCRYPT_COST: optional(scryptCost, '16384'),
  FIXTURE_USERS: optional(wholeNumber('users', 0, 100_000), '0'),
  LOG_FILE: optional(z.string(), ''),
});

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly instance: string;
  /** Where Redis is; with sentinels only its user, password and database count. */
  readonly redisUrl: string;
  /** Who is asked where the primary is; empty: nobody. */
  readonly redisSentinels: readonly { host: string; port: number }[];
  /** What the sentinels call it. */
  readonly redisPrimary: string;
  /** '' where neither sessions nor baskets are in PostgreSQL. */
  readonly databaseUrl: string;
  /** HOST:PORT */
  readonly memcachedAddress: string;
  readonly sessionStore: (typeof STORES)[number];
  /** `session`: each session has a basket of its own. `postgres`: each user has one, in a table. */
  readonly basketStore: (typeof BASKETS)[number];
  /** Logs the sessions that Redis ended, where Redis tells; for the stores in Redis. */
  readonly expiryEvents: boolean;
  /** For redis-locked: how long a request may hold its session, and how long another waits for it. */
  readonly sessionLockMs: number;
  readonly sessionLockWaitMs: number;
  /** The first signs, all are accepted, so that a secret can be replaced without signing people out. */
  readonly secrets: readonly string[];
  readonly idleSeconds: number;
  readonly absoluteSeconds: number;
  readonly trustProxy: boolean | number | string;
  readonly keepAliveMs: number;
  readonly drainMs: number;
  readonly shutdownMs: number;
  readonly storeTimeoutMs: number;
  readonly paymentMs: number;
  readonly scryptCost: number;
  readonly fixtureUsers: number;
  /** Takes what the log on stdout says, for readers that cannot see stdout; '' for none. */
  readonly logFile: string;
}

/** A variable that the app cannot run with; the message has one line for each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the app's settings. Throws ConfigError with every wrong variable: what was expected, what came. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = schema.safeParse(env);
  const problems = parsed.success ? [] : parsed.error.issues.map(issue => describe(issue, env));
  if (env['NODE_ENV'] === 'production' && !env['SESSION_SECRET']) {
    problems.push(
      'SESSION_SECRET: expected secrets of 16 characters or more when NODE_ENV is production, got nothing',
    );
  }
  if (parsed.success && parsed.data.DATABASE_URL === '') {
    for (const name of ['SESSION_STORE', 'BASKET_STORE'] as const) {
      if (parsed.data[name] !== 'postgres') continue;
      problems.push(
        `DATABASE_URL: expected a URL such as postgres://127.0.0.1:5432/baton, as ${name} is postgres, got nothing`,
      );
    }
  }
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(`${[...new Set(problems)].join('\n')}\nSet the environment right and start again.`);
  }
  return named(parsed.data);
}

function named(v: z.output<typeof schema>): Config {
  return {
    port: v.PORT,
    host: v.HOST,
    instance: v.INSTANCE_ID,
    redisUrl: v.REDIS_URL,
    redisSentinels: v.REDIS_SENTINELS,
    redisPrimary: v.REDIS_PRIMARY,
    databaseUrl: v.DATABASE_URL,
    memcachedAddress: v.MEMCACHED_ADDRESS,
    sessionStore: v.SESSION_STORE,
    basketStore: v.BASKET_STORE,
    expiryEvents: v.SESSION_EXPIRY_EVENTS === 'true',
    sessionLockMs: v.SESSION_LOCK_MS,
    sessionLockWaitMs: v.SESSION_LOCK_WAIT_MS,
    secrets: v.SESSION_SECRET,
    idleSeconds: v.SESSION_IDLE_SECONDS,
    absoluteSeconds: v.SESSION_ABSOLUTE_SECONDS,
    trustProxy: v.TRUST_PROXY,
    keepAliveMs: v.KEEP_ALIVE_MS,
    drainMs: v.DRAIN_MS,
    shutdownMs: v.SHUTDOWN_MS,
    storeTimeoutMs: v.STORE_TIMEOUT_MS,
    paymentMs: v.PAYMENT_MS,
    scryptCost: v.SCRYPT_COST,
    fixtureUsers: v.FIXTURE_USERS,
    logFile: v.LOG_FILE,
  };
}

function describe(issue: z.core.$ZodIssue, env: NodeJS.ProcessEnv): string {
  const name = String(issue.path[0]);
  // A URL may hold a password.
  const secret = ['SESSION_SECRET', 'REDIS_URL', 'DATABASE_URL'].includes(name);
  return `${name}: expected ${issue.message}, got ${secret ? '(not shown)' : JSON.stringify(env[name])}`;
}
