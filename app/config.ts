/** Parses the app's settings. Only serve.ts reads process.env. */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { contradictions, type ParsedVariables, type Variables } from './contradictions.ts';
import type { ScryptParameters } from './password.ts';
import { aboutVariables, type BASKETS, type STORES, TRIAL_DEFAULTS, VARIABLES } from './variables.ts';

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly instance: string;
  /** Value of the header X-App-Version; '' for no header. */
  readonly version: string;
  /** URL of Redis. With sentinels or a cluster, only user, password, database and TLS are used. */
  readonly redisUrl: string;
  /** Addresses of cluster servers, one of which must be up when the app connects. Empty without a cluster. */
  readonly redisCluster: readonly { host: string; port: number }[];
  /** Name of the ElastiCache cache for logins by IAM (`serverless:NAME` if serverless); '' for logins by password. */
  readonly redisIamCache: string;
  readonly redisIamRegion: string;
  /** Addresses of the sentinels; empty for a Redis without sentinels. */
  readonly redisSentinels: readonly { host: string; port: number }[];
  readonly redisPrimary: string;
  /** URL of PostgreSQL; '' if PostgreSQL stores neither sessions nor baskets. */
  readonly databaseUrl: string;
  /** Address of memcached, as HOST:PORT. */
  readonly memcachedAddress: string;
  readonly dynamodbTable: string;
  readonly dynamodbRegion: string;
  /** Address of a server with DynamoDB's interface; '' for AWS itself. */
  readonly dynamodbEndpoint: string;
  /** Access key. If undefined, the AWS SDK looks in its environment variables, its files, and the machine's role. */
  readonly dynamodbCredentials: ParsedVariables['DYNAMODB_CREDENTIALS'];
  readonly sessionStore: (typeof STORES)[number];
  /** `session`: one basket for each session. `postgres`: one basket for each user. */
  readonly basketStore: (typeof BASKETS)[number];
  /** True to log expired sessions. Requires that Redis reports expired keys. */
  readonly expiryEvents: boolean;
  /** Maximum time for which a request holds, or waits for, a session's lock in the store redis-locked. */
  readonly sessionLockMs: number;
  readonly sessionLockWaitMs: number;
  /** The app signs with the first secret, and accepts signatures of every secret, so a new secret logs no user out. */
  readonly secrets: readonly string[];
  readonly idleSeconds: number;
  readonly absoluteSeconds: number;
  readonly trustProxy: boolean | number | string;
  /** True if the app treats every request as https, whatever protocol the proxy reports. */
  readonly alwaysSecure: boolean;
  readonly keepAliveMs: number;
  readonly drainMs: number;
  readonly shutdownMs: number;
  readonly storeTimeoutMs: number;
  readonly paymentMs: number;
  readonly scrypt: ScryptParameters;
  readonly loginLimits: boolean;
  readonly fixtureUsers: number;
  /** URL of the mail server; '' if the app sends no mails, and new accounts are active at once. */
  readonly smtpUrl: string;
  readonly mailFrom: string;
  /** Address at which users reach the app, without a final slash; '' without mails and pictures. */
  readonly publicUrl: string;
  readonly activationSeconds: number;
  /** Name of the S3 bucket for pictures; '' if cards have no pictures. */
  readonly bucket: string;
  readonly bucketRegion: string;
  /** Address of an S3-compatible server; '' for AWS itself. */
  readonly bucketEndpoint: string;
  /** Access key. If undefined, the AWS SDK looks in its environment variables, its files, and the machine's role. */
  readonly bucketCredentials: ParsedVariables['S3_CREDENTIALS'];
  /** Address at which browsers reach the bucket of pictures, without a final slash. */
  readonly bucketUrl: string;
  readonly logLevel: ParsedVariables['LOG_LEVEL'];
  /** File that gets a copy of the log, for programs that cannot read stdout; '' for none. */
  readonly logFile: string;
}

/** Thrown if environment variables are invalid. The message has one line for each invalid variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Parses the app's settings. Throws ConfigError with every invalid variable, its expected and its given value. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const { given, problems } = readFiles(env);
  const parsed = VARIABLES.safeParse(given['TRIAL'] === 'true' ? { ...TRIAL_DEFAULTS, ...given } : given);
  if (parsed.success) problems.push(...contradictions(parsed.data, env));
  else problems.push(...parsed.error.issues.map(issue => describe(issue, given)));
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(`${[...new Set(problems)].join('\n')}\nCorrect the environment and start again.`);
  }
  return named(parsed.data);
}

const SECRETS = aboutVariables().flatMap(([name, { secret }]) => (secret ? [name] : []));

/** Returns the variables that are not empty. If NAME_FILE is set, reads the value of NAME from that file. */
function readFiles(env: Variables): { given: Variables; problems: string[] } {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const problems: string[] = [];
  for (const name of SECRETS) {
    const path = given[`${name}_FILE`];
    if (path === undefined) continue;
    if (given[name] !== undefined) {
      problems.push(`${name}_FILE: expected ${name} or ${name}_FILE, got both`);
      continue;
    }
    try {
      const text = readFileSync(path, 'utf8').trim();
      if (text === '')
        problems.push(`${name}_FILE: expected a file with a value, got an empty file: ${path}`);
      given[name] = text;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      problems.push(`${name}_FILE: expected a file that can be read, got: ${why}`);
    }
  }
  return { given, problems };
}

function named(v: ParsedVariables): Config {
  return {
    port: v.PORT,
    host: v.HOST,
    instance: v.INSTANCE_ID,
    version: v.APP_VERSION,
    redisUrl: v.REDIS_URL,
    redisCluster: v.REDIS_CLUSTER,
    redisIamCache: v.REDIS_IAM_CACHE,
    redisIamRegion: v.REDIS_IAM_REGION,
    redisSentinels: v.REDIS_SENTINELS,
    redisPrimary: v.REDIS_PRIMARY,
    databaseUrl: v.DATABASE_URL,
    memcachedAddress: v.MEMCACHED_ADDRESS,
    dynamodbTable: v.DYNAMODB_TABLE,
    dynamodbRegion: v.DYNAMODB_REGION,
    dynamodbEndpoint: v.DYNAMODB_ENDPOINT,
    dynamodbCredentials: v.DYNAMODB_CREDENTIALS,
    sessionStore: v.SESSION_STORE,
    basketStore: v.BASKET_STORE,
    expiryEvents: v.SESSION_EXPIRY_EVENTS,
    sessionLockMs: v.SESSION_LOCK_MS,
    sessionLockWaitMs: v.SESSION_LOCK_WAIT_MS,
    secrets: v.SESSION_SECRET,
    idleSeconds: v.SESSION_IDLE_SECONDS,
    absoluteSeconds: v.SESSION_ABSOLUTE_SECONDS,
    trustProxy: v.TRUST_PROXY,
    alwaysSecure: v.SECURE_COOKIES === 'always',
    keepAliveMs: v.KEEP_ALIVE_MS,
    drainMs: v.DRAIN_MS,
    shutdownMs: v.SHUTDOWN_MS,
    storeTimeoutMs: v.STORE_TIMEOUT_MS,
    paymentMs: v.PAYMENT_MS,
    scrypt: { cost: v.SCRYPT_COST, parallel: v.SCRYPT_PARALLEL },
    loginLimits: v.LOGIN_LIMITS === 'on',
    fixtureUsers: v.FIXTURE_USERS,
    smtpUrl: v.SMTP_URL,
    mailFrom: v.MAIL_FROM,
    publicUrl: withoutSlash(v.PUBLIC_URL),
    activationSeconds: v.ACTIVATION_SECONDS,
    bucket: v.S3_BUCKET,
    bucketRegion: v.S3_REGION,
    bucketEndpoint: v.S3_ENDPOINT,
    bucketCredentials: v.S3_CREDENTIALS,
    bucketUrl: withoutSlash(v.S3_PUBLIC_URL || addressOf(v)),
    logLevel: v.LOG_LEVEL,
    logFile: v.LOG_FILE,
  };
}

const withoutSlash = (url: string) => url.replace(/\/$/, '');

function addressOf({ S3_ENDPOINT, S3_BUCKET, S3_REGION }: ParsedVariables): string {
  return S3_ENDPOINT === ''
    ? `https://${S3_BUCKET}.s3.${S3_REGION}.amazonaws.com`
    : `${withoutSlash(S3_ENDPOINT)}/${S3_BUCKET}`;
}

function describe(issue: z.core.$ZodIssue, given: Variables): string {
  const name = String(issue.path[0]);
  const shown = SECRETS.includes(name) ? '(not shown)' : JSON.stringify(given[name]);
  return `${name}: expected ${issue.message}, got ${shown}`;
}
