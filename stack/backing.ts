/** The servers behind the instances: Redis, and what the sessions and baskets of these instances need besides. */
import { join } from 'node:path';
import { MemcachedProcess } from './memcached.ts';
import { freePort } from './ports.ts';
import { PostgresProcess } from './postgres.ts';
import type { ServerProcess } from './process.ts';
import { requirePrograms } from './programs.ts';
import { RedisProcess } from './redis.ts';

/** What an app is told to keep its sessions and baskets in, by one instance's environment. */
type Environment = Record<string, string | undefined>;

export interface Backing {
  readonly redis: RedisProcess;
  /** Where sessions live, or Redis where they live in no server. */
  readonly store: ServerProcess;
  /** All of them, the store first. */
  readonly servers: readonly ServerProcess[];
  /** Tells instances where they are. */
  readonly env: Record<string, string>;
}

export interface BackingOptions {
  /** The environments of the instances. */
  environments: readonly Environment[];
  /** Redis keeps its data in a folder of its own there. */
  dir: string;
  /** Told how one ended, with its last output, when nobody asked it to. */
  onDeath: (description: string) => void;
}

/** Throws one MissingProgramError for all that the stack needs and this machine lacks. */
export function requireServers(environments: readonly Environment[]): void {
  requirePrograms(
    ['redis-server', 'valkey-server'],
    ['nginx'],
    ...(needsPostgres(environments) ? [['postgres']] : []),
    ...(needsMemcached(environments) ? [['memcached']] : []),
  );
}

/** Prepares the servers and chooses their ports; nothing is started yet. Throws MissingProgramError. */
export async function planBacking({ environments, dir, onDeath }: BackingOptions): Promise<Backing> {
  const redis = new RedisProcess({ dir: join(dir, 'redis'), port: await freePort(), onDeath });
  const env: Record<string, string> = { REDIS_URL: redis.url };
  const servers: ServerProcess[] = [redis];
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

function needsPostgres(environments: readonly Environment[]): boolean {
  return environments.some(env => env['SESSION_STORE'] === 'postgres' || env['BASKET_STORE'] === 'postgres');
}

function needsMemcached(environments: readonly Environment[]): boolean {
  return environments.some(env => env['SESSION_STORE'] === 'memcached');
}
