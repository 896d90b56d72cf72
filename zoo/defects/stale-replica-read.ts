import type { Defect } from '../entry.ts';
import { laggingReplica } from '../services/replica.ts';

export const staleReplicaRead: Defect = {
  kind: 'defect',
  name: 'stale-replica-read',
  section: 'read-your-writes',
  broken:
    'Sessions are written to the primary of Redis and read from a replica, which is behind the primary. A read right after a write shows the session as it was before the write.',
  wild: 'A setting of a client library, or the database layer of a framework, sends reads to replicas to take load off the primary. A session that has just written is not read from the primary.',
  references: [
    'laravel/framework#22164',
    'spring-projects/spring-session#3026',
    'redisson/redisson#5617',
    'redisson/redisson#5618',
  ],
  remedy: 'Read sessions from the primary, and use a replica only for data that may be old.',
  needs: ['haste'],
  deployment: {
    host: 'card-store',
    program: new URL('./stale-replica-read.server.ts', import.meta.url),
    beside: laggingReplica(150),
  },
  must: { guarantee: 'read-your-writes', anomaly: 'STALE' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
