import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import { serve } from '../../app/serve.ts';
import type { Defect } from '../entry.ts';
import { copyOf, type Done, type Got, stockOptions } from '../stores/stock.ts';

export const staleLocalSessionCache: Defect = {
  kind: 'defect',
  name: 'stale-local-session-cache',
  section: 'monotonic-reads',
  broken:
    'After each read, an instance caches the session for half a minute, and does not read the store in that time. A session alternates between new and old data, depending on the instance that responds.',
  wild: 'A cache in the process saves a round trip to the shared store. No message invalidates it when another instance changes the session, or such a message is lost while the network is down.',
  references: ['saleor/saleor#2354', 'redisson/redisson#1868', 'redisson/redisson#1432'],
  remedy:
    'Read the session from the store at each request. If that is too slow, read its version from the store before you use a copy.',
  needs: ['instances'],
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'monotonic-reads', anomaly: 'BACK' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

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

if (import.meta.main) await serve({ store: (config, redis) => new CachedStore(stockOptions(config, redis)) });
