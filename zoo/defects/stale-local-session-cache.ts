import type { Defect } from '../entry.ts';

export const staleLocalSessionCache: Defect = {
  kind: 'defect',
  name: 'stale-local-session-cache',
  section: 'monotonic-reads',
  broken:
    'Each instance caches the sessions that it has read for half a minute, and does not read the store in that time. A session alternates between new and old data, depending on the instance that responds.',
  wild: 'A cache before the shared store saves a round trip, but has no invalidation, or one that misses messages while the network is down.',
  references: ['saleor/saleor#2354', 'redisson/redisson#1868', 'redisson/redisson#1432'],
  remedy:
    'Read the session from the store at each request. If that is too slow, read its version from the store before you use a copy.',
  needs: ['instances'],
  deployment: {
    host: 'card-store',
    program: new URL('./stale-local-session-cache.server.ts', import.meta.url),
  },
  must: { guarantee: 'monotonic-reads', anomaly: 'BACK' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
