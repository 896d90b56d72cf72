import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { oldConnectRedis } from '../stores/old-libraries.ts';

export const oldConnectRedisDropsSessionsInOutage: Defect = {
  kind: 'defect',
  name: 'old-connect-redis-drops-sessions-in-outage',
  section: 'outage',
  broken:
    'When the connection to Redis fails, connect-redis 1.5.0 reports the store as disconnected. Express-session then handles requests without a session, and the app treats every user as a guest.',
  wild: 'The store and the middleware agree on the events `disconnect` and `connect`. Pages that redirect guests to the login interrupt all users in their work.',
  references: ['tj/connect-redis#88', 'tj/connect-redis PR#54', 'tj/connect-redis#194'],
  remedy:
    'Use a current store, and answer 503 after the session middleware if a request that needs a session has none.',
  needs: ['fault'],
  faults: 'store-restart',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  target: { deadline: '5s' },
  must: { guarantee: 'outage', anomaly: 'LOGOUT' },
  mustNot: ['isolation', 'routing', 'evidence'],
};

if (import.meta.main) servePlain({ store: redis => oldConnectRedis({ client: redis }) });
