/**
 * Connects an instance to the servers behind it: Redis for users and cards, and the stores of sessions and baskets.
 */
import type { MemcacheClient } from 'memcache-client';
import type { Pool } from 'pg';
import type { Config } from './config.ts';
import { connectDatabase, createTables } from './database.ts';
import { connectMemcached } from './memcached.ts';
import { connectRedis, ping, type RedisClient } from './redis.ts';

export interface Backing {
  readonly redis: RedisClient;
  /** Set if sessions or baskets are in PostgreSQL. */
  readonly database?: Pool;
  /** Set if sessions are in memcached. */
  readonly memcached?: MemcacheClient;
  /** Waits for connections and creates the tables that the app needs. Throws if a server does not respond. */
  prepare(): Promise<void>;
  /** Resolves with the name of a server that does not respond; undefined if all respond. */
  unresponsive(): Promise<string | undefined>;
  close(): void;
}

/** Connects in the background. Connection errors go to `onError`, with the server's name. */
export function connectBacking(config: Config, onError: (server: string, error: Error) => void): Backing {
  const { storeTimeoutMs } = config;
  const redis = connectRedis(config, error => onError('redis', error));
  const needsDatabase = config.sessionStore === 'postgres' || config.basketStore === 'postgres';
  const database = needsDatabase
    ? connectDatabase(config.databaseUrl, storeTimeoutMs, error => onError('postgres', error))
    : undefined;
  const memcached =
    config.sessionStore === 'memcached'
      ? connectMemcached(config.memcachedAddress, storeTimeoutMs)
      : undefined;
  const pings: [string, () => Promise<unknown>][] = [['Redis', () => ping(redis, 'first')]];
  if (database) pings.push(['PostgreSQL', () => database.query('SELECT 1')]);
  if (memcached) pings.push(['memcached', () => memcached.version()]);
  return {
    redis,
    ...(database && { database }),
    ...(memcached && { memcached }),
    prepare: async () => {
      await ping(redis, 'every');
      if (database) await createTables(database);
    },
    unresponsive: async () => {
      const results = await Promise.allSettled(pings.map(([, ping]) => ping()));
      return pings.find((_, i) => results[i]?.status === 'rejected')?.[0];
    },
    close: () => {
      redis.disconnect();
      void database?.end();
      memcached?.shutdown();
    },
  };
}
