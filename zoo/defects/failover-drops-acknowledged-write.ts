import type { Defect } from '../entry.ts';

export const failoverDropsAcknowledgedWrite: Defect = {
  kind: 'defect',
  name: 'failover-drops-acknowledged-write',
  section: 'survival',
  broken:
    'The store has a replica that takes over when it fails. Replication is asynchronous: what was acknowledged in the last moments before is not there afterwards.',
  wild: 'Every Redis with Sentinel or as a managed service with automatic failover; `WAIT` narrows the gap, and does not close it.',
  references: ['redis.io/commands/WAIT', 'redisson/redisson#1272'],
  remedy:
    'Use a store that acknowledges a write once several machines have it (MemoryDB, a quorum); or say in the contract how much may be lost.',
  needs: ['fault'],
  faults: 'store-failover',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-attributes' } },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
