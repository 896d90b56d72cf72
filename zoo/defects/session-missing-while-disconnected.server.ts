import { RedisStore } from 'connect-redis';
import { serve } from '../../app/serve.ts';
import { stockOptions } from '../stores/stock.ts';

await serve({
  store: (config, redis) => {
    const store = new RedisStore(stockOptions(config, redis));
    // After `disconnect`, express-session handles requests without a session until the store emits `connect`.
    redis.on('close', () => store.emit('disconnect'));
    redis.on('ready', () => store.emit('connect'));
    return store;
  },
});
