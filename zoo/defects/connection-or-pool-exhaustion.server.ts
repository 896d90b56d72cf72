import { RedisStore } from 'connect-redis';
import session, { type SessionData } from 'express-session';
import { serve } from '../../app/serve.ts';
import { type Done, type Got, stockOptions } from '../stores/stock.ts';

const CONNECTIONS = 12;

/** Sends each command on the next connection of a pool. */
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

await serve({
  store: (config, redis) => {
    const pool = Array.from({ length: CONNECTIONS }, () => redis.duplicate());
    for (const client of pool) client.on('error', () => {}); // The client reconnects by itself.
    return new PooledStore(pool.map(client => new RedisStore(stockOptions(config, client))));
  },
});
