import type { Defect } from '../entry.ts';

export const neverRecoversAfterReconnect: Defect = {
  kind: 'defect',
  name: 'never-recovers-after-reconnect',
  section: 'outage',
  broken:
    'An instance records that its store is disconnected, and never that it is connected again. After the first interruption no user is signed in on this instance, until it is restarted.',
  wild: 'Any error sets a flag. The event that should clear it is one that the client library does not send, or no longer sends.',
  references: ['tj/connect-redis#194', 'robinfehr/sessionstore#49', 'expressjs/express#722'],
  remedy:
    'Read the state from the store client when you need it, and keep no copy. Fail the health check while the store is unavailable.',
  needs: ['fault'],
  faults: 'store-cut',
  deployment: {
    host: 'card-store',
    program: new URL('./never-recovers-after-reconnect.server.ts', import.meta.url),
  },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
