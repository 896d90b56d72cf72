import type { Defect } from '../entry.ts';

export const sessionMissingWhileDisconnected: Defect = {
  kind: 'defect',
  name: 'session-missing-while-disconnected',
  section: 'outage',
  broken:
    'While the store is not connected, the session middleware skips itself. Pages find no session, and treat every user as a guest.',
  wild: 'Unchanged express-session does this for stores that emit `disconnect`, and connect did it before.',
  references: ['tj/connect-redis#88', 'tj/connect-redis PR#54', 'senchalabs/connect PR#653'],
  remedy:
    'Refuse requests that need a session while the store is not connected, with a 503 from a middleware right after the session middleware.',
  needs: ['fault'],
  faults: 'store-restart',
  deployment: {
    host: 'card-store',
    program: new URL('./session-missing-while-disconnected.server.ts', import.meta.url),
  },
  must: { guarantee: 'outage', anomaly: 'LOGOUT' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
