import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import { servePlain } from '../hosts/plain/serve.ts';
import { copyOf, type Done, type Got } from '../stores/stock.ts';

const ttl = Number(process.env['SESSION_SECONDS']);

/** Reads a session from the shared store, and uses its local copy only to know that the session is active here. */
class LocalTouchStore extends RedisStore {
  readonly #active = new Map<string, { data: SessionData; until: number }>();

  override async get(sid: string, callback?: Got): Promise<void> {
    await super.get(sid, (error: unknown, data?: SessionData | null) => {
      const copy = this.#active.get(sid);
      if (data) this.#keep(sid, data);
      // The shared session has expired, but this instance has seen the user lately.
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

servePlain({ store: redis => new LocalTouchStore({ client: redis, ttl }) });
