import connectPgSimple from 'connect-pg-simple';
import { RedisStore } from 'connect-redis';
import session, { type Store } from 'express-session';
import type { Backing } from '../backing.ts';
import type { Config } from '../config.ts';
import { COOKIE_NAMES, secondsLeft } from '../session.ts';
import { CookieStore } from './cookie.ts';
import { DynamoDbStore } from './dynamodb.ts';
import { MemcachedStore } from './memcached.ts';
import { ExpiringMemoryStore } from './memory.ts';
import { RedisAttributesStore } from './redis-attributes.ts';
import { RedisLockedStore } from './redis-locked.ts';

/**
 * Key prefixes of the Redis stores. Each store needs its own, or a change of SESSION_STORE could lead to unreadable
 * sessions.
 */
export const REDIS_PREFIXES: Partial<Record<Config['sessionStore'], string>> = {
  'redis-attributes': 'baton:session:',
  'connect-redis': 'baton:stock-session:',
  'redis-locked': 'baton:locked-session:',
};

const PgStore = connectPgSimple(session);

export function createStore(
  config: Config,
  { redis: client, database, memcached, dynamodb }: Backing,
): Store {
  const prefix = REDIS_PREFIXES[config.sessionStore] ?? 'baton:session:';
  const ttl = (data: session.SessionData) => secondsLeft(data, config);
  switch (config.sessionStore) {
    case 'redis-attributes':
      return new RedisAttributesStore({ client, prefix, ttl });
    case 'connect-redis':
      // Rounds up, because connect-redis sends the value to EXPIRE, which accepts only whole seconds.
      return new RedisStore({
        client,
        prefix,
        ttl: data => Math.ceil(ttl(data)),
      });
    case 'redis-locked':
      return new RedisLockedStore({
        client,
        prefix,
        ttl,
        lockMs: config.sessionLockMs,
        waitMs: config.sessionLockWaitMs,
      });
    case 'postgres':
      if (database === undefined)
        throw new Error('SESSION_STORE=postgres: expected a connection to PostgreSQL (`database`), got none');
      // connect-pg-simple gives all sessions the same time to live, so session.ts enforces the absolute timeout.
      return new PgStore({ pool: database, ttl: config.idleSeconds });
    case 'memcached':
      if (memcached === undefined)
        throw new Error('SESSION_STORE=memcached: expected a connection to memcached, got none');
      return new MemcachedStore({ client: memcached, prefix, ttl });
    case 'dynamodb':
      if (dynamodb === undefined)
        throw new Error('SESSION_STORE=dynamodb: expected a client of DynamoDB, got none');
      return new DynamoDbStore({
        client: dynamodb,
        table: config.dynamodbTable,
        timeoutMs: config.storeTimeoutMs,
        ttl,
      });
    case 'cookie':
      return new CookieStore({ secrets: config.secrets, ttl, names: COOKIE_NAMES });
    case 'memory':
      return new ExpiringMemoryStore(ttl);
  }
}
