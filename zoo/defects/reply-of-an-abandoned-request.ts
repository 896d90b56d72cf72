import { AsyncLocalStorage } from 'node:async_hooks';
import { RedisStore } from 'connect-redis';
import type { Response } from 'express';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { RawConnection } from '../stores/raw-connection.ts';
import type { Got } from '../stores/stock.ts';

export const replyOfAnAbandonedRequest: Defect = {
  kind: 'defect',
  name: 'reply-of-an-abandoned-request',
  section: 'isolation',
  broken:
    'Connections to the store are pooled. When a client disconnects while its request waits for a reply, the connection returns to the pool with the reply unread. From then on, each request on this connection reads the session of the request before it.',
  wild: 'Cancelling a command of redis-py left its connection in this state. As a result, ChatGPT showed users the titles and payment details of other users (20 March 2023).',
  references: ['redis/redis-py#2624', 'redis/redis-py#2665', 'CVE-2023-28858', 'CVE-2023-28859'],
  remedy:
    'Close a connection whose reply was not read, or read the reply before the connection returns to the pool. Never cancel between command and reply.',
  needs: ['users', 'overlap'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'isolation', anomaly: 'BLEED' },
  mustNot: ['routing', 'cookie-policy', 'evidence'],
};

/** Response to the current request. If its client disconnects, a read of the store is cancelled. */
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

if (import.meta.main)
  servePlain({
    beforeSession: () => (_request, response, next) => visit.run(response, next),
    store: redis => new PooledStore({ client: redis }),
  });
