import { RedisStore } from 'connect-redis';
import { servePlain } from '../hosts/plain/serve.ts';
import { RawConnection } from '../stores/raw-connection.ts';
import type { Got } from '../stores/stock.ts';

/** Longest wait for a reply, milliseconds. */
const TIMEOUT_MS = 800;
/** True: a connection whose reply has not come in time is closed. */
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

servePlain({ store: redis => new PooledStore({ client: redis }) });
