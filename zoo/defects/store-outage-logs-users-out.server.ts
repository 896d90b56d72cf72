import { RedisStore } from 'connect-redis';
import { serve } from '../../app/serve.ts';
import { type Got, stockOptions } from '../stores/stock.ts';

/** Treats a failed lookup as a missing session: the defect. */
class ForgivingStore extends RedisStore {
  override async get(sid: string, callback?: Got): Promise<void> {
    await super.get(sid, (error: unknown, data?: Parameters<Got>[1]) =>
      callback?.(null, error ? null : data),
    );
  }
}

await serve({ store: (config, redis) => new ForgivingStore(stockOptions(config, redis)) });
