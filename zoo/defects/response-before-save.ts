import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import { serve } from '../../app/serve.ts';
import type { Defect } from '../entry.ts';
import { copyOf, type Done, type Got, stockOptions } from '../stores/stock.ts';

export const responseBeforeSave: Defect = {
  kind: 'defect',
  name: 'response-before-save',
  section: 'read-your-writes',
  broken:
    'The app responds before a change of a session is in the store: an instance collects changes and writes them every few hundredths of a second. The next request on another instance may not see the change.',
  wild: 'A framework saves a session after the response, the code does not wait for the save, or a write-behind cache reduces the load on the store. A slow store makes the gap wider.',
  references: [
    'expressjs/session#704',
    'expressjs/session#167',
    'expressjs/session#360',
    'expressjs/session#309',
    'jetty/jetty.project#3936',
    'jetty/jetty.project PR#4049',
    'okta/okta-oidc-js#209',
    'coollabsio/coolify PR#7651',
  ],
  remedy:
    'Save, wait until the store confirms, then respond: call `req.session.save(error => …)` last before the response.',
  needs: ['instances', 'haste'],
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'read-your-writes', anomaly: 'STALE' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

const FLUSH_EVERY_MS = 40;

/** The defect: collects changes, and writes them to Redis only after the responses. */
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
    // Saves a new session at once, because the page after the login needs it.
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

if (import.meta.main)
  await serve({ store: (config, redis) => new WriteBehindStore(stockOptions(config, redis)) });
