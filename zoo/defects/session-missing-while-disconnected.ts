import { RedisStore } from 'connect-redis';
import { serve } from '../../app/serve.ts';
import type { Defect } from '../entry.ts';
import { stockOptions } from '../stores/stock.ts';

export const sessionMissingWhileDisconnected: Defect = {
  kind: 'defect',
  name: 'session-missing-while-disconnected',
  section: 'outage',
  broken:
    'While the store is not connected, the session middleware skips itself. Pages find no session, and treat every user as a guest.',
  wild: 'Unchanged express-session does this for stores that emit `disconnect`. So did the session middleware of connect, its predecessor.',
  references: ['tj/connect-redis#88', 'tj/connect-redis PR#54', 'senchalabs/connect PR#653'],
  remedy:
    'While the store is not connected, respond with 503 to requests that need a session. Do this in a middleware right after the session middleware.',
  needs: ['fault'],
  faults: 'store-restart',
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'outage', anomaly: 'LOGOUT' },
  mustNot: ['isolation', 'routing', 'evidence'],
};

if (import.meta.main)
  await serve({
    store: (config, redis) => {
      const store = new RedisStore(stockOptions(config, redis));
      // The defect: between `disconnect` and `connect`, express-session handles requests without a session.
      redis.on('close', () => store.emit('disconnect'));
      redis.on('ready', () => store.emit('connect'));
      return store;
    },
  });
