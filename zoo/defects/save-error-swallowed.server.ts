import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import { serve } from '../../app/serve.ts';
import { type Done, stockOptions } from '../stores/stock.ts';

/** Reports success even if the session could not be saved: the defect. */
class QuietStore extends RedisStore {
  override async set(sid: string, data: SessionData, callback?: Done): Promise<void> {
    await super.set(sid, data, () => callback?.());
  }
}

await serve({ store: (config, redis) => new QuietStore(stockOptions(config, redis)) });
