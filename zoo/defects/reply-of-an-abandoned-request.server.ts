import { AsyncLocalStorage } from 'node:async_hooks';
import { RedisStore } from 'connect-redis';
import type { Response } from 'express';
import { servePlain } from '../hosts/plain/serve.ts';
import { RawConnection } from '../stores/raw-connection.ts';
import type { Got } from '../stores/stock.ts';

/** The response of the request that the current code handles. */
const visit = new AsyncLocalStorage<Response>();

class PooledStore extends RedisStore {
  readonly #idle: RawConnection[] = [];

  override async get(sid: string, callback?: Got): Promise<void> {
    const gone = new AbortController();
    const leaves = (): void => gone.abort();
    const response = visit.getStore()?.once('close', leaves);
    const connection = this.#idle.pop() ?? new RawConnection();
    try {
      const text = await connection.get(`sess:${sid}`, gone.signal);
      callback?.(null, text === undefined ? undefined : JSON.parse(text));
    } catch (error) {
      callback?.(error);
    } finally {
      response?.off('close', leaves);
      this.#idle.push(connection);
    }
  }
}

servePlain({
  beforeSession: () => (_request, response, next) => visit.run(response, next),
  store: redis => new PooledStore({ client: redis }),
});
