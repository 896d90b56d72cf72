import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import { serve } from '../../app/serve.ts';
import { copyOf, type Done, type Got, stockOptions } from '../stores/stock.ts';

const FRESH_MS = 30_000;

/** Returns a session from memory for 30 s after this instance has read or written it. */
class CachedStore extends RedisStore {
  readonly #copies = new Map<string, { data: SessionData; until: number }>();

  override async get(sid: string, callback?: Got): Promise<void> {
    const copy = this.#copies.get(sid);
    if (copy && copy.until > Date.now()) return callback?.(null, copyOf(copy.data));
    await super.get(sid, (error: unknown, data?: SessionData | null) => {
      if (data) this.#keep(sid, data);
      callback?.(error, data);
    });
  }

  override async set(sid: string, data: SessionData, callback?: Done): Promise<void> {
    this.#keep(sid, data);
    await super.set(sid, data, callback);
  }

  override async destroy(sid: string, callback?: Done): Promise<void> {
    this.#copies.delete(sid);
    await super.destroy(sid, callback);
  }

  #keep(sid: string, data: SessionData): void {
    this.#copies.set(sid, { data: copyOf(data), until: Date.now() + FRESH_MS });
  }
}

await serve({ store: (config, redis) => new CachedStore(stockOptions(config, redis)) });
