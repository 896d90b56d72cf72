/** Plans the servers behind the instances: Redis, and the other servers that their sessions and baskets need. */
import { join } from 'node:path';
import { MemcachedProcess } from './memcached.ts';
import { freePort } from './ports.ts';
import { PostgresProcess } from './postgres.ts';
import { requirePrograms } from './programs.ts';
import { RedisProcess, redisPrograms } from './redis.ts';
import { PRIMARY_NAME, planSentinelRedis, type SentinelRedis } from './sentinel.ts';

/** The environment of one instance. It names the stores of sessions and baskets. */
type Environment = Record<string, string | undefined>;

/** A server behind the instances. Each one listens on a separate port. */
export type BackingServer = RedisProcess | SentinelRedis | PostgresProcess | MemcachedProcess;

export interface BackingServers {
  readonly redis: RedisProcess | SentinelRedis;
  /** The server that stores sessions; Redis if no server stores them. */
  readonly store: BackingServer;
  /** All servers, the store first. */
  readonly servers: readonly BackingServer[];
  /** Environment variables that give instances the addresses of the servers. */
  readonly env: Record<string, string>;
}

export interface BackingOptions {
  /** The environment of each instance. */
  environments: readonly Environment[];
  /** Folder in which Redis creates a subfolder for its data. */
  dir: string;
  /** Arguments of redis-server that override the arguments from the stack. */
  redis?: readonly string[] | undefined;
  /** Called with the exit status and the last output when a server ends unexpectedly. */
  onDeath: (description: string) => void;
}

/** The values of STACK_REDIS; the first is the default. */
const REDIS = ['plain', 'hardened', 'valkey', 'sentinel'] as const;

/**
 * Checks that all programs of the stack are installed. Throws one MissingProgramError that names all missing programs,
 * or an error if STACK_REDIS has an unknown value.
 *
 * @param others further programs that the stack needs; each entry lists alternatives
 */
export function requireServers(environments: readonly Environment[], others: string[][]): void {
  const redis = redisOf(environments);
  requirePrograms(
    redisPrograms(redis === 'valkey'),
    ...(redis === 'hardened' ? [['openssl']] : []),
    ...others,
    ...(needsPostgres(environments) ? [['postgres']] : []),
    ...(needsMemcached(environments) ? [['memcached']] : []),
  );
}

/** Prepares the servers and chooses their ports, but starts none. Throws MissingProgramError. */
export async function planBacking({
  environments,
  dir,
  onDeath,
  redis: args = [],
}: BackingOptions): Promise<BackingServers> {
  const kind = redisOf(environments);
  const redis =
    kind === 'sentinel'
      ? await planSentinelRedis({ dir, args, onDeath })
      : new RedisProcess({
          ...{ dir: join(dir, 'redis'), port: await freePort(), onDeath, args },
          ...{ hardened: kind === 'hardened', valkey: kind === 'valkey' },
        });
  const env: Record<string, string> = { REDIS_URL: redis.url };
  if ('sentinels' in redis)
    Object.assign(env, { REDIS_SENTINELS: redis.sentinels.join(), REDIS_PRIMARY: PRIMARY_NAME });
  if (redis.caFile !== undefined) env['NODE_EXTRA_CA_CERTS'] = redis.caFile;
  const servers: BackingServer[] = [redis];
  if (needsPostgres(environments)) {
    const postgres = new PostgresProcess({ port: await freePort(), onDeath });
    env['DATABASE_URL'] = postgres.url;
    servers.push(postgres);
  }
  if (needsMemcached(environments)) {
    const memcached = new MemcachedProcess({ port: await freePort(), onDeath });
    env['MEMCACHED_ADDRESS'] = memcached.address;
    servers.push(memcached);
  }
  const stores = environments.map(({ SESSION_STORE }) => SESSION_STORE);
  const store = servers.find(({ name }) => stores.includes(name)) ?? redis;
  return { redis, store, servers: [store, ...servers.filter(server => server !== store)], env };
}

function redisOf(environments: readonly Environment[]): (typeof REDIS)[number] {
  const wanted = environments[0]?.['STACK_REDIS'] || REDIS[0];
  const found = REDIS.find(name => name === wanted);
  if (found) return found;
  throw new Error(`STACK_REDIS: expected one of ${REDIS.join(', ')}, got ${JSON.stringify(wanted)}`);
}

function needsPostgres(environments: readonly Environment[]): boolean {
  return environments.some(env => env['SESSION_STORE'] === 'postgres' || env['BASKET_STORE'] === 'postgres');
}

function needsMemcached(environments: readonly Environment[]): boolean {
  return environments.some(env => env['SESSION_STORE'] === 'memcached');
}
