import type { Defect } from '../entry.ts';

export const sessionMissingWhileDisconnected: Defect = {
  kind: 'defect',
  name: 'session-missing-while-disconnected',
  section: 'outage',
  broken:
    'While the store is not connected the session middleware steps aside. Pages find no session and treat everybody as a guest.',
  wild: 'Stock express-session does so for stores that tell when they are disconnected, and so did connect.',
  references: ['tj/connect-redis#88', 'tj/connect-redis PR#54', 'senchalabs/connect PR#653'],
  remedy:
    'Refuse requests that need a session while there is none to be had: a 503 from a middleware right behind the sessions.',
  needs: ['fault'],
  faults: 'store-restart',
  deployment: {
    host: 'card-store',
    program: new URL('./session-missing-while-disconnected.server.ts', import.meta.url),
  },
  must: { guarantee: 'outage', anomaly: 'LOGOUT' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
