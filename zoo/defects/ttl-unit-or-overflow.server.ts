import { RedisStore } from 'connect-redis';
import { serve } from '../../app/serve.ts';
import { secondsLeft } from '../../app/session.ts';
import { stockOptions } from '../stores/stock.ts';

await serve({
  store: (config, redis) =>
    new RedisStore({
      ...stockOptions(config, redis),
      ttl: data => Math.ceil(secondsLeft(data, config) * 1_000),
    }),
});
