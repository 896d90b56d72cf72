import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import { servePlain } from '../hosts/plain/serve.ts';
import type { Done } from '../stores/stock.ts';

/** The largest item of the store, characters, as the limit of 1 MB of memcached. */
const LARGEST = 12_000;

/** Writes a warning and reports success if a session is larger than an item of the store may be. */
class LimitedStore extends RedisStore {
  override async set(sid: string, data: SessionData, callback?: Done): Promise<void> {
    const { length } = JSON.stringify(data);
    if (length <= LARGEST) return super.set(sid, data, callback);
    console.warn(`the session has ${length} characters, more than ${LARGEST}`);
    callback?.();
  }
}

servePlain({ store: redis => new LimitedStore({ client: redis }) });
