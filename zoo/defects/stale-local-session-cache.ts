import type { Defect } from '../entry.ts';

export const staleLocalSessionCache: Defect = {
  kind: 'defect',
  name: 'stale-local-session-cache',
  section: 'monotonic-reads',
  broken:
    'Each instance keeps the sessions that it has read in its memory for half a minute, and does not look at the store meanwhile. What a session shows goes forward and back with the instance that answers.',
  wild: 'A cache in front of the shared store, to save a round trip, with no invalidation, or with one that misses messages while the network is down.',
  references: ['saleor/saleor#2354', 'redisson/redisson#1868', 'redisson/redisson#1432'],
  remedy:
    'Read the session from the store at each request. If that is too slow, ask the store for its version before using a copy.',
  needs: ['instances'],
  deployment: {
    host: 'card-store',
    program: new URL('./stale-local-session-cache.server.ts', import.meta.url),
  },
  must: { guarantee: 'monotonic-reads', anomaly: 'BACK' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
