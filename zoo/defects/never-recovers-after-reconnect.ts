import { RedisStore } from 'connect-redis';
import { serve } from '../../app/serve.ts';
import type { Defect } from '../entry.ts';
import { stockOptions } from '../stores/stock.ts';

export const neverRecoversAfterReconnect: Defect = {
  kind: 'defect',
  name: 'never-recovers-after-reconnect',
  section: 'outage',
  broken:
    'An instance records that its store is disconnected, and never that it is connected again. After the first interruption no user is signed in on this instance, until it is restarted.',
  wild: 'Any error sets a flag. The client library does not send the event that should clear the flag, or no longer sends it.',
  references: ['tj/connect-redis#194', 'robinfehr/sessionstore#49', 'expressjs/express#722'],
  remedy:
    'Read the state from the store client when you need it, and keep no copy. Fail the health check while the store is unavailable.',
  needs: ['fault'],
  faults: 'store-cut',
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['isolation', 'routing', 'evidence'],
};

if (import.meta.main)
  await serve({
    store: (config, redis) => {
      const store = new RedisStore(stockOptions(config, redis));
      // The defect: never emits `connect` after `disconnect`, so express-session handles all further requests without
      // a session.
      redis.on('close', () => store.emit('disconnect'));
      return store;
    },
  });
