import { RedisStore } from 'connect-redis';
import { serve } from '../../app/serve.ts';
import { stockOptions } from '../stores/stock.ts';

await serve({
  store: (config, redis) => new RedisStore({ ...stockOptions(config, redis), disableTouch: true }),
});
