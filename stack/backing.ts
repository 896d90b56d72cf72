/** The servers behind the instances: Redis, and what the sessions and baskets of these instances need besides. */
import { join } from 'node:path';
import { MemcachedProcess } from './memcached.ts';
import { freePort } from './ports.ts';
import { PostgresProcess } from './postgres.ts';
import { requirePrograms } from './programs.ts';
import { RedisProcess, redisPrograms } from './redis.ts';
import { PRIMARY_NAME, planSentinelRedis, type SentinelRedis } from './sentinel.ts';

/** What an app is told to keep its sessions and baskets in, by one instance's environment. */
type Environment = Record<string, string | undefined>;

/** Every server here listens on a port of its own. */
export type BackingServer = RedisProcess | SentinelRedis | PostgresProcess | MemcachedProcess;

export interface Backing {
  readonly redis: RedisProcess | SentinelRedis;
  /** Where sessions live, or Redis where they live in no server. */
  readonly store: BackingServer;
  /** All of them, the store first. */
  readonly servers: readonly BackingServer[];
  /** Tells instances where they are. */
  readonly env: Record<string, string>;
}

export interface BackingOptions {
  /** The environments of the instances. */
  environments: readonly Environment[];
  /** Redis keeps its data in a folder of its own there. */
  dir: string;
  /** Arguments of redis-server that win over ours. */
  redis?: readonly string[] | undefined;
  /** Told how one ended, with its last output, when nobody asked it to. */
  onDeath: (description: string) => void;
}

/** What STACK_REDIS takes, for the stack itself; the first is the default. */
const REDIS = ['plain', 'hardened', 'valkey', 'sentinel'] as const;

/**
 * Throws one MissingProgramError for all that the stack needs and this machine lacks, or an error if STACK_REDIS is
 * none of its names.
 *
 * @param others what else it needs, each a choice of programs
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

/** Prepares the servers and chooses their ports; nothing is started yet. Throws MissingProgramError. */
export async function planBacking({
  environments,
  dir,
  onDeath,
  redis: args = [],
}: BackingOptions): Promise<Backing> {
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
