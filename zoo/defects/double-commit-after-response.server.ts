import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import { serve } from '../../app/serve.ts';
import { copyOf, type Done, stockOptions } from '../stores/stock.ts';

/** Time that a request continues after its response, for example to write an audit log. */
const CLEAN_UP_MS = 100;

/** Saves the session before the response. Saves the same data again when the request ends: the defect. */
class TwiceSavingStore extends RedisStore {
  override async set(sid: string, data: SessionData, callback?: Done): Promise<void> {
    const copy = copyOf(data);
    await super.set(sid, data, callback);
    setTimeout(() => void super.set(sid, copy, () => {}), CLEAN_UP_MS);
  }
}

await serve({ store: (config, redis) => new TwiceSavingStore(stockOptions(config, redis)) });
