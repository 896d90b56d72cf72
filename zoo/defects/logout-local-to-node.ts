import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import type { RedisClient } from '../../app/redis.ts';
import { serve } from '../../app/serve.ts';
import type { Defect } from '../entry.ts';
import { copyOf, type Done, type Got, stockOptions } from '../stores/stock.ts';

export const logoutLocalToNode: Defect = {
  kind: 'defect',
  name: 'logout-local-to-node',
  section: 'logout-final',
  broken:
    'Instances cache sessions, and read a version from the store before they use a copy. A logout deletes session and version. The other instances treat a missing version as an unchanged version, so they still accept the old cookie.',
  wild: 'Local caches get changes but not deletions, single sign-out reaches only one node of a cluster, or another node writes the record again.',
  references: [
    'redisson/redisson#3498',
    'redisson/redisson#1432',
    'dotCMS/core#37511',
    'kahwee/php-db-session-handler#2',
  ],
  remedy:
    'Treat a session that is not in the store as ended, whatever is in memory. Publish deletions as well as changes.',
  needs: ['instances', 'replay'],
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'logout-final', anomaly: 'ZOMBIE' },
  mustNot: [
    'continuity',
    'read-your-writes',
    'monotonic-reads',
    'isolation',
    'routing',
    'rotation',
    'forgery',
    'availability',
    'evidence',
  ],
};

const versionOf = (sid: string) => `baton:stock-version:${sid}`;

/** Uses the local copy of a session if Redis has the same version number. */
class VersionedCacheStore extends RedisStore {
  readonly #redis: RedisClient;
  readonly #copies = new Map<string, { data: SessionData; version: string | null }>();

  constructor(options: ReturnType<typeof stockOptions>) {
    super(options);
    this.#redis = options.client;
  }

  override async get(sid: string, callback?: Got): Promise<void> {
    const version = await this.#redis.get(versionOf(sid)).catch(() => null);
    const copy = this.#copies.get(sid);
    // The defect: also uses the local copy if Redis has no version number, which means that the session was deleted.
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

if (import.meta.main)
  await serve({ store: (config, redis) => new VersionedCacheStore(stockOptions(config, redis)) });
