import { RedisStore } from 'connect-redis';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { RawConnection } from '../stores/raw-connection.ts';
import type { Got } from '../stores/stock.ts';

export const replyAfterATimeout: Defect = {
  kind: 'defect',
  name: 'reply-after-a-timeout',
  section: 'isolation',
  broken:
    'A read of the store that gets no reply within 0.8 s fails, and its connection returns to the pool. When the store resumes, the client takes the late reply for the reply to the next read: a request gets the session of another user.',
  wild: 'A client that times out between command and reply keeps the connection. It goes unnoticed until the store freezes for a moment under load.',
  references: ['redis-rs/redis-rs#1252', 'redis/redis-rb#61', 'redis/hiredis#306', 'CVE-2023-28858'],
  remedy: 'Close a connection whose reply has not come in time. Never return it to the pool.',
  needs: ['users', 'overlap', 'fault'],
  faults: 'store-pause',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'isolation', anomaly: 'BLEED' },
  mustNot: ['routing', 'evidence'],
};

/** Maximum time until the store replies, milliseconds. */
const TIMEOUT_MS = 800;
/** False (the defect): the app keeps using a connection whose reply is late. */
const closes = process.env['ON_TIMEOUT'] === 'close';

class PooledStore extends RedisStore {
  readonly #idle: RawConnection[] = [];

  override async get(sid: string, callback?: Got): Promise<void> {
    const connection = this.#idle.pop() ?? new RawConnection();
    try {
      const text = await connection.get(`sess:${sid}`, AbortSignal.timeout(TIMEOUT_MS));
      this.#idle.push(connection);
      callback?.(null, text === undefined ? undefined : JSON.parse(text));
    } catch (error) {
      if (closes) connection.close();
      else this.#idle.push(connection);
      callback?.(error);
    }
  }
}

if (import.meta.main) servePlain({ store: redis => new PooledStore({ client: redis }) });
