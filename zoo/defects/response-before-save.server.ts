import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import { serve } from '../../app/serve.ts';
import { copyOf, type Done, type Got, stockOptions } from '../stores/stock.ts';

const FLUSH_EVERY_MS = 40;

/** Writes changes to Redis after the responses, several at a time. */
class WriteBehindStore extends RedisStore {
  readonly #stored = new Set<string>();
  readonly #waiting = new Map<string, SessionData>();

  override async get(sid: string, callback?: Got): Promise<void> {
    const waiting = this.#waiting.get(sid);
    if (waiting) return callback?.(null, copyOf(waiting));
    await super.get(sid, (error: unknown, data?: SessionData | null) => {
      if (data) this.#stored.add(sid);
      callback?.(error, data);
    });
  }

  override async set(sid: string, data: SessionData, callback?: Done): Promise<void> {
    // A new session is written before the response. Otherwise the page after the login would not find it.
    if (!this.#stored.has(sid)) {
      this.#stored.add(sid);
      return super.set(sid, data, callback);
    }
    if (this.#waiting.size === 0) setTimeout(() => this.#flush(), FLUSH_EVERY_MS);
    this.#waiting.set(sid, copyOf(data));
    callback?.();
  }

  override async destroy(sid: string, callback?: Done): Promise<void> {
    this.#waiting.delete(sid);
    this.#stored.delete(sid);
    await super.destroy(sid, callback);
  }

  #flush(): void {
    for (const [sid, data] of this.#waiting) void super.set(sid, data, () => {});
    this.#waiting.clear();
  }
}

await serve({ store: (config, redis) => new WriteBehindStore(stockOptions(config, redis)) });
