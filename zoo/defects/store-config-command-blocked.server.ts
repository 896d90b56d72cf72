import { RedisStore } from 'connect-redis';
import { serve } from '../../app/serve.ts';
import { stockOptions } from '../stores/stock.ts';

await serve({
  store: (config, redis) => {
    // Makes Redis send events when sessions expire.
    if (process.env['NOTIFY_EXPIRY'] === 'true')
      redis.once('ready', () => void redis.config('SET', 'notify-keyspace-events', 'Ex'));
    return new RedisStore(stockOptions(config, redis));
  },
});
