import { RedisStore } from 'connect-redis';
import { serve } from '../../app/serve.ts';
import { stockOptions } from '../stores/stock.ts';

await serve({
  store: (config, redis) => {
    const store = new RedisStore(stockOptions(config, redis));
    // express-session lets requests pass without a session until the store says `connect`.
    redis.on('close', () => store.emit('disconnect'));
    redis.on('ready', () => store.emit('connect'));
    return store;
  },
});
