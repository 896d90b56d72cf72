import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import type { Redis } from 'ioredis';
import { serve } from '../../app/serve.ts';
import { copyOf, type Done, type Got, stockOptions } from '../stores/stock.ts';

const versionOf = (sid: string) => `baton:stock-version:${sid}`;

/** Returns its copy of a session from memory while Redis has the same version number as the copy. */
class VersionedCacheStore extends RedisStore {
  readonly #redis: Redis;
  readonly #copies = new Map<string, { data: SessionData; version: string | null }>();

  constructor(options: ReturnType<typeof stockOptions>) {
    super(options);
    this.#redis = options.client;
  }

  override async get(sid: string, callback?: Got): Promise<void> {
    const version = await this.#redis.get(versionOf(sid)).catch(() => null);
    const copy = this.#copies.get(sid);
    // A missing version number counts as unchanged: the defect.
    if (copy && (version === null || version === copy.version)) return callback?.(null, copyOf(copy.data));
    await super.get(sid, (error: unknown, data?: SessionData | null) => {
      if (data) this.#copies.set(sid, { data: copyOf(data), version });
      callback?.(error, data);
    });
  }

  override async set(sid: string, data: SessionData, callback?: Done): Promise<void> {
    await super.set(sid, data, async error => {
      const bumped = await this.#redis.incr(versionOf(sid)).then(
        () => undefined,
        cause => cause,
      );
      callback?.(error ?? bumped);
    });
  }

  override async destroy(sid: string, callback?: Done): Promise<void> {
    this.#copies.delete(sid);
    await this.#redis.del(versionOf(sid)).catch(() => {});
    await super.destroy(sid, callback);
  }
}

await serve({ store: (config, redis) => new VersionedCacheStore(stockOptions(config, redis)) });
