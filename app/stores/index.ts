/** SESSION_STORE → session store. */
import { RedisStore } from 'connect-redis';
import type { SessionData, Store } from 'express-session';
import type { Redis } from 'ioredis';
import type { Config } from '../config.ts';
import { ExpiringMemoryStore } from './memory.ts';
import { RedisAttributesStore } from './redis-attributes.ts';

/**
 * Makes the session store that the configuration names. `ttl`: seconds that a session has left.
 * Each store has a key prefix of its own: one that met the other's keys would fail on every old cookie.
 */
export function createStore(
  name: Config['sessionStore'],
  client: Redis,
  ttl: (session: SessionData) => number,
): Store {
  switch (name) {
    case 'redis-attributes':
      return new RedisAttributesStore({
        client,
        prefix: 'baton:session:',
        ttl,
      });
    case 'connect-redis':
      // EXPIRE takes whole seconds.
      return new RedisStore({
        client,
        prefix: 'baton:stock-session:',
        ttl: data => Math.ceil(ttl(data)),
      });
    case 'memory':
      return new ExpiringMemoryStore(ttl);
  }
}
