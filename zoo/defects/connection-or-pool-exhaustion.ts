import { RedisStore } from 'connect-redis';
import session, { type SessionData } from 'express-session';
import { serve } from '../../app/serve.ts';
import type { Defect } from '../entry.ts';
import { type Done, type Got, stockOptions } from '../stores/stock.ts';

export const connectionOrPoolExhaustion: Defect = {
  kind: 'defect',
  name: 'connection-or-pool-exhaustion',
  section: 'availability',
  broken:
    'Each instance has a pool of connections to the store, and the limit of the store suffices for two pools. A third instance gets too few connections: it reports that it is ready, but responds to most requests with 503.',
  wild: 'Pool size times instances exceeds the limit of the server. It shows when the group grows, or when a deploy runs old and new instances at the same time. A connection for each request or store object reaches the limit sooner.',
  references: [
    'simplesamlphp/simplesamlphp#203',
    'mongodb-js/connect-mongodb-session#98',
    'Shopify/shopify-app-js#185',
    'voxpelli/node-connect-pg-simple#324',
  ],
  remedy:
    'Divide the limit of the store by the maximum number of instances to get the pool size, or put a pooler between. Report an instance as not ready when its pool is empty.',
  needs: ['fault'],
  faults: 'scale-out',
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
    redis: ['--maxclients', '32'],
  },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['continuity', 'isolation', 'survival', 'evidence'],
};

const CONNECTIONS = 12;

/** Distributes commands over several connections to Redis, in turn. */
class PooledStore extends session.Store {
  readonly #pool: readonly RedisStore[];
  #next = 0;

  constructor(pool: readonly RedisStore[]) {
    super();
    this.#pool = pool;
  }

  get #taken(): RedisStore {
    return this.#pool[this.#next++ % this.#pool.length] as RedisStore;
  }

  override get(sid: string, callback: Got): void {
    void this.#taken.get(sid, callback);
  }

  override set(sid: string, data: SessionData, callback?: Done): void {
    void this.#taken.set(sid, data, callback);
  }

  override touch(sid: string, data: SessionData, callback?: Done): void {
    void this.#taken.touch(sid, data, callback);
  }

  override destroy(sid: string, callback?: Done): void {
    void this.#taken.destroy(sid, callback);
  }
}

if (import.meta.main)
  await serve({
    store: (config, redis) => {
      const pool = Array.from({ length: CONNECTIONS }, () => redis.duplicate());
      for (const client of pool) client.on('error', () => {}); // The client reconnects by itself.
      return new PooledStore(pool.map(client => new RedisStore(stockOptions(config, client))));
    },
  });
