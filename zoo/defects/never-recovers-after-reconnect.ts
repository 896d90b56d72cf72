import type { Defect } from '../entry.ts';

export const neverRecoversAfterReconnect: Defect = {
  kind: 'defect',
  name: 'never-recovers-after-reconnect',
  section: 'outage',
  broken:
    'An instance notes that its store is away, and never that it is back. From the first interruption on nobody is signed in there, until somebody restarts it.',
  wild: 'A flag that any error sets, and that an event clears which the client library does not send, or not any more.',
  references: ['tj/connect-redis#194', 'robinfehr/sessionstore#49', 'expressjs/express#722'],
  remedy:
    'Ask the client for its state when it matters, in place of keeping a copy; fail the health check while the store is away.',
  needs: ['fault'],
  faults: 'store-cut',
  deployment: {
    host: 'card-store',
    program: new URL('./never-recovers-after-reconnect.server.ts', import.meta.url),
  },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
