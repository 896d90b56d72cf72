import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { copyOf, type Done, type Got } from '../stores/stock.ts';

export const localCopyOutlivesSharedSession: Defect = {
  kind: 'defect',
  name: 'local-copy-outlives-shared-session',
  section: 'continuity',
  broken:
    'A read of the session renews only the copy in the memory of its instance, not the session in the shared store. A user whose requests reach one instance for longer than the idle timeout stays signed in there, while the shared session expires. The next instance signs the user out.',
  wild: 'The local cache was added to avoid a write to the shared store at each read. Behind a sticky balancer the defect shows only when an instance is removed.',
  references: ['hazelcast/hazelcast-wm#73', 'joshrotenberg/tower-mcp#1394'],
  remedy:
    'Renew the shared session at every request, or at the latest after a small part of the idle timeout.',
  needs: ['instances', 'time'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
    env: { SESSION_SECONDS: '6' },
  },
  target: { expiry: { idle: '6s', renew: 'each' } },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

const ttl = Number(process.env['SESSION_SECONDS']);

/** A read prolongs the local copy of a session, but not the session in Redis. */
class LocalTouchStore extends RedisStore {
  readonly #active = new Map<string, { data: SessionData; until: number }>();

  override async get(sid: string, callback?: Got): Promise<void> {
    await super.get(sid, (error: unknown, data?: SessionData | null) => {
      const copy = this.#active.get(sid);
      if (data) this.#keep(sid, data);
      // The defect: uses the local copy even if the session in Redis has expired.
      callback?.(error, data ?? (copy && copy.until > Date.now() ? copyOf(copy.data) : null));
    });
  }

  override async touch(sid: string, data: SessionData, callback?: Done): Promise<void> {
    this.#keep(sid, data);
    callback?.();
  }

  override async destroy(sid: string, callback?: Done): Promise<void> {
    this.#active.delete(sid);
    await super.destroy(sid, callback);
  }

  #keep(sid: string, data: SessionData): void {
    this.#active.set(sid, { data: copyOf(data), until: Date.now() + ttl * 1000 });
  }
}

if (import.meta.main) servePlain({ store: redis => new LocalTouchStore({ client: redis, ttl }) });
