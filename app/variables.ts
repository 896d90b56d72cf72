/** Defines every environment variable of the app: its parser, its default, and its description for docs/app.md. */
import { hostname } from 'node:os';
import { z } from 'zod';
import {
  addresses,
  bucket,
  credentials,
  databaseUrl,
  instanceId,
  memcachedAddress,
  milliseconds,
  oneOf,
  publicUrl,
  redisUrl,
  region,
  scryptCost,
  seconds,
  secrets,
  smtpUrl,
  storeUrl,
  table,
  trustProxy,
  truth,
  wholeNumber,
} from './variable-kinds.ts';

/** Session stores; the first is the default. */
export const STORES = [
  'redis-attributes',
  'connect-redis',
  'redis-locked',
  'postgres',
  'memcached',
  'dynamodb',
  'cookie',
  'memory',
] as const;

/** Basket stores; the first is the default. */
export const BASKETS = ['session', 'postgres'] as const;

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Default secret. It protects nothing, because this code is public. */
export const DEVELOPMENT_SECRET = 'baton-development-secret-not-for-production';

/** Defaults that apply if TRIAL is true. */
export const TRIAL_DEFAULTS = { SCRYPT_COST: '4096', LOGIN_LIMITS: 'off' };

export interface About {
  /** Default value of the variable, as docs/app.md shows it. */
  readonly shown: string;
  readonly sets: string;
  /** True if errors must not show the value. A variable NAME_FILE may then name a file with the value. */
  readonly secret: boolean;
}

interface Options {
  /** Text for docs/app.md in place of the default value. */
  readonly shown?: string;
  readonly secret?: boolean;
}

function variable<T extends z.ZodType<unknown, string>>(
  schema: T,
  fallback: z.input<T>,
  sets: string,
  { shown = fallback === '' ? 'none' : `\`${fallback}\``, secret = false }: Options = {},
) {
  return schema.prefault(fallback as never).meta({ shown, sets, secret } satisfies About);
}

const ownName = () => `${hostname()}-${process.pid}`.replaceAll(/[^\w.-]/g, '-').slice(-128);

const names = (all: readonly string[]) => all.map(name => `\`${name}\``).join(', ');

/** The environment variables, in the order of docs/app.md. */
export const VARIABLES = z.object({
  PORT: variable(wholeNumber('a port', 0, 65_535), '3000', 'Port to listen on; 0 takes any free port.'),
  HOST: variable(z.string(), '127.0.0.1', 'Address to listen on.'),
  INSTANCE_ID: variable(
    instanceId,
    ownName(),
    'Name of this instance, in the header `X-Instance-Id` and in logs.',
    {
      shown: 'host name and process id',
    },
  ),
  APP_VERSION: variable(
    z.literal('').or(instanceId),
    '',
    'Version of the app, in the header `X-App-Version`. Without it, the header is not sent.',
  ),
  TRIAL: variable(
    truth,
    'false',
    'For trials and tests only. `true` allows weak password hashes and the development secret on every `HOST`, and changes the defaults of `SCRYPT_COST` and `LOGIN_LIMITS`.',
  ),
  TRUST_PROXY: variable(
    trustProxy,
    'loopback',
    "Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` count: `true`, `false`, a number of proxies, or addresses. It must cover the balancer: otherwise all clients have the balancer's address, and share one limit on logins.",
  ),
  SECURE_COOKIES: variable(
    oneOf(['auto', 'always']),
    'auto',
    '`auto`: cookies are `Secure`, and HSTS is sent, where the client uses https according to a trusted proxy. `always`: every request counts as https. For balancers that end TLS and do not send `X-Forwarded-Proto`.',
  ),
  SESSION_SECRET: variable(
    secrets,
    DEVELOPMENT_SECRET,
    'Signs cookies and form tokens: 16 characters or more. Several secrets, comma-separated: the first one signs, and all are accepted. The development secret is refused where `NODE_ENV` is `production` or `HOST` is not a loopback address, unless `TRIAL` is `true`.',
    { shown: 'the development secret', secret: true },
  ),
  SESSION_STORE: variable(
    oneOf(STORES),
    STORES[0],
    `Where sessions live: ${names(STORES)} ([stores](stores.md)).`,
  ),
  BASKET_STORE: variable(oneOf(BASKETS), BASKETS[0], `Where baskets live: ${names(BASKETS)}.`),
  SESSION_IDLE_SECONDS: variable(seconds, '1800', 'A session ends after this time without a request.'),
  SESSION_ABSOLUTE_SECONDS: variable(seconds, '43200', 'A session ends this long after its login.'),
  SESSION_LOCK_MS: variable(milliseconds(1), '10000', '`redis-locked`: a lock ends after this time.'),
  SESSION_LOCK_WAIT_MS: variable(
    milliseconds(),
    '5000',
    '`redis-locked`: a request waits this long for the lock, then it gets 503.',
  ),
  SESSION_EXPIRY_EVENTS: variable(
    truth,
    'false',
    'Logs the sessions that Redis expired, where Redis reports them.',
  ),
  REDIS_URL: variable(
    redisUrl,
    'redis://127.0.0.1:6379',
    'Redis, with users, cards and most session stores. `rediss:` uses TLS.',
    { secret: true },
  ),
  REDIS_CLUSTER: variable(
    addresses,
    '',
    'Servers of a Redis cluster: `HOST:PORT`, comma-separated; one is enough, such as the configuration endpoint of ElastiCache. `REDIS_URL` then gives only user, password and TLS.',
  ),
  REDIS_IAM_CACHE: variable(
    z.string().regex(/^((serverless:)?[a-z][a-z0-9-]*)?$/, 'the name of a cache, or serverless:NAME'),
    '',
    'Name of an ElastiCache cache, `serverless:NAME` for a serverless one. The user in `REDIS_URL` then logs in with [IAM tokens](stores.md#a-managed-redis-elasticache) in place of a password.',
  ),
  REDIS_IAM_REGION: variable(region, 'us-east-1', 'Region of that cache.'),
  REDIS_SENTINELS: variable(
    addresses,
    '',
    'Sentinels that name the primary: `HOST:PORT`, comma-separated. `REDIS_URL` then gives only user, password and database.',
  ),
  REDIS_PRIMARY: variable(z.string(), 'mymaster', 'Name of the primary in the sentinels.'),
  DATABASE_URL: variable(
    z.literal('').or(databaseUrl),
    '',
    'PostgreSQL; required where `SESSION_STORE` or `BASKET_STORE` is `postgres`.',
    { secret: true },
  ),
  MEMCACHED_ADDRESS: variable(
    memcachedAddress,
    '127.0.0.1:11211',
    'memcached, where `SESSION_STORE` is `memcached`: `HOST:PORT`.',
  ),
  DYNAMODB_TABLE: variable(
    table,
    'baton-sessions',
    'Table of sessions, where `SESSION_STORE` is `dynamodb` ([how to create it](stores.md#dynamodb)).',
  ),
  DYNAMODB_REGION: variable(region, 'us-east-1', 'Region of the table.'),
  DYNAMODB_ENDPOINT: variable(
    z.literal('').or(storeUrl),
    '',
    'Address of another server that has the interface of DynamoDB, such as `http://127.0.0.1:8000`.',
  ),
  DYNAMODB_CREDENTIALS: variable(
    credentials,
    '',
    'Access key for DynamoDB: `KEY_ID:SECRET`. Without it, the AWS SDK looks for one: in its own variables, in its files, and in the role of the container or machine.',
    { secret: true },
  ),
  STORE_TIMEOUT_MS: variable(
    milliseconds(1, 60_000),
    '2000',
    'A server behind the app that does not respond within this time counts as unavailable.',
  ),
  LOGIN_LIMITS: variable(
    oneOf(['on', 'off']),
    'on',
    'Limits on logins and registrations, counted in Redis for all instances.',
    { shown: '`on`; with `TRIAL` `off`' },
  ),
  SCRYPT_COST: variable(
    scryptCost,
    '131072',
    'scrypt cost N of new password hashes: a power of two (r is 8). A hash takes 1 KiB × N of memory.',
    { shown: '`131072`; with `TRIAL` `4096`' },
  ),
  SCRYPT_PARALLEL: variable(wholeNumber('scrypt passes', 1, 64), '1', 'p of scrypt for new password hashes.'),
  SMTP_URL: variable(
    z.literal('').or(smtpUrl),
    '',
    'Mail server. With it, a new account is active once its user has opened the link in a mail; without it, at once. `smtps:` uses TLS from the start, `smtp:` STARTTLS where the server offers it.',
    { secret: true },
  ),
  MAIL_FROM: variable(z.string(), 'Baton Cards <cards@example.test>', 'Sender of mails.'),
  PUBLIC_URL: variable(
    z.literal('').or(publicUrl),
    '',
    'Address at which users reach the app. Links in mails begin with it, and the store of pictures redirects browsers to it. Required with `SMTP_URL` and `S3_BUCKET`. The app does not use the `Host` of a request instead, because an attacker can choose it.',
  ),
  ACTIVATION_SECONDS: variable(
    seconds,
    '86400',
    'A link that activates an account works for this time. Then the account is removed.',
  ),
  S3_BUCKET: variable(
    z.literal('').or(bucket),
    '',
    'Bucket for [pictures](#pictures) of cards, on S3 or a compatible store. Without it, cards have no pictures.',
  ),
  S3_REGION: variable(region, 'us-east-1', 'Region of the bucket.'),
  S3_ENDPOINT: variable(
    z.literal('').or(storeUrl),
    '',
    'Address of a compatible store, such as `http://127.0.0.1:8333`. Without it, the store is S3 itself.',
  ),
  S3_CREDENTIALS: variable(
    credentials,
    '',
    'Access key of the app: `KEY_ID:SECRET`. Without it, the AWS SDK looks for one: in its own variables, in its files, and in the role of the container or machine.',
    { secret: true },
  ),
  S3_PUBLIC_URL: variable(
    z.literal('').or(storeUrl),
    '',
    'Address of the bucket for browsers, which upload and read pictures there.',
    { shown: '`S3_ENDPOINT/S3_BUCKET`, or the address of the bucket at S3' },
  ),
  KEEP_ALIVE_MS: variable(
    milliseconds(),
    '75000',
    'Closes a connection that is idle for this time. It must be longer than the balancer keeps idle connections.',
  ),
  DRAIN_MS: variable(
    milliseconds(),
    '5000',
    'After SIGTERM the instance is not ready, and goes on serving for this time, so that the balancer notices.',
  ),
  SHUTDOWN_MS: variable(
    milliseconds(),
    '10000',
    'After `DRAIN_MS`, requests in flight have this time to end. The process exits within the sum of the two.',
  ),
  LOG_LEVEL: variable(
    oneOf(LEVELS),
    'info',
    `Lowest level that is logged: ${names(LEVELS)}. Requests are logged at \`info\`; Baton needs them for the guarantee \`evidence\`.`,
  ),
  LOG_FILE: variable(z.string(), '', 'File that receives the same lines as standard output.'),
  PAYMENT_MS: variable(milliseconds(), '0', 'Duration of a simulated payment in each checkout.'),
  FIXTURE_USERS: variable(
    wholeNumber('users', 0, 100_000),
    '0',
    'Creates this many test users, and alice, bob, carol and dave, all with one published password. 0 creates none.',
  ),
});

/** Returns the name and the documentation of each variable, in the order of docs/app.md. */
export function aboutVariables(): [name: string, about: About][] {
  return Object.entries(VARIABLES.shape).map(([name, schema]) => {
    const { shown, sets, secret } = { ...schema.meta() };
    return [name, { shown: String(shown), sets: String(sets), secret: secret === true }];
  });
}
