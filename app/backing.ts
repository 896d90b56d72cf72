/** Connects an instance to its servers: Redis for users and cards, and the stores of sessions and baskets. */
import type { DynamoDB } from '@aws-sdk/client-dynamodb';
import type { MemcacheClient } from 'memcache-client';
import type { Pool } from 'pg';
import type { Config } from './config.ts';
import { connectDatabase, createTables } from './database.ts';
import { connectDynamoDb, readTable } from './dynamodb.ts';
import { connectMemcached } from './memcached.ts';
import { connectRedis, ping, type RedisClient, reachPrimaries } from './redis.ts';
import { createLogin } from './redis-login.ts';

export interface Backing {
  readonly redis: RedisClient;
  readonly database?: Pool;
  readonly memcached?: MemcacheClient;
  readonly dynamodb?: DynamoDB;
  /** Waits for all servers, and creates the app's tables. Throws if a server does not respond. */
  prepare(): Promise<void>;
  /** Resolves with the name of a server that does not respond; undefined if all servers respond. */
  unresponsive(): Promise<string | undefined>;
  close(): void;
}

/** Connects to the servers in the background. Calls `onError` with each connection error and the server's name. */
export async function connectBacking(
  config: Config,
  onError: (server: string, error: Error) => void,
): Promise<Backing> {
  const { storeTimeoutMs } = config;
  const redisFailed = (error: Error) => onError('redis', error);
  const login = await createLogin(config, redisFailed);
  const redis = connectRedis(config, redisFailed, login);
  const needsDatabase = config.sessionStore === 'postgres' || config.basketStore === 'postgres';
  const database = needsDatabase
    ? connectDatabase(config.databaseUrl, storeTimeoutMs, error => onError('postgres', error))
    : undefined;
  const memcached =
    config.sessionStore === 'memcached'
      ? connectMemcached(config.memcachedAddress, storeTimeoutMs)
      : undefined;
  const dynamodb = config.sessionStore === 'dynamodb' ? await connectDynamoDb(config) : undefined;
  const pings: [string, () => Promise<unknown>][] = [['Redis', () => ping(redis)]];
  if (database) pings.push(['PostgreSQL', () => database.query('SELECT 1')]);
  if (memcached) pings.push(['memcached', () => memcached.version()]);
  if (dynamodb) pings.push(['DynamoDB', () => readTable(dynamodb, config)]);
  return {
    redis,
    ...(database && { database }),
    ...(memcached && { memcached }),
    ...(dynamodb && { dynamodb }),
    prepare: async () => {
      await reachPrimaries(redis);
      if (database) await createTables(database);
      if (dynamodb) await readTable(dynamodb, config);
    },
    unresponsive: async () => {
      const results = await Promise.allSettled(pings.map(([, ping]) => ping()));
      return pings.find((_, i) => results[i]?.status === 'rejected')?.[0];
    },
    close: () => {
      redis.disconnect();
      login?.close();
      void database?.end();
      memcached?.shutdown();
      dynamodb?.destroy();
    },
  };
}
