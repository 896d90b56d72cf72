import type { Defect } from '../entry.ts';

export const failoverDropsAcknowledgedWrite: Defect = {
  kind: 'defect',
  name: 'failover-drops-acknowledged-write',
  section: 'survival',
  broken:
    'The store has a replica that takes over when the primary fails. Replication is asynchronous, so changes that users made just before the failover are lost, although they were acknowledged.',
  wild: 'It affects every Redis with Sentinel, and every managed Redis with automatic failover. `WAIT` makes the loss less likely, but does not rule it out.',
  references: ['redis.io/commands/WAIT', 'redisson/redisson#1272'],
  remedy:
    'Use a store that acknowledges a write once several machines have it (MemoryDB, a quorum), or state in the contract how much may be lost.',
  needs: ['fault'],
  faults: 'store-failover',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-attributes' } },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
