import type { Defect } from '../entry.ts';
import { laggingReplica } from '../services/replica.ts';

export const staleReplicaRead: Defect = {
  kind: 'defect',
  name: 'stale-replica-read',
  section: 'read-your-writes',
  broken:
    'Sessions are written to the primary of Redis and read from a replica, which lags behind it. A read right after a write shows the session as it was before.',
  wild: "Reads are sent to replicas to spare the primary, by a client library's setting or the database layer of a framework, and nothing keeps a session that has just written at the primary.",
  references: [
    'laravel/framework#22164',
    'spring-projects/spring-session#3026',
    'redisson/redisson#5617',
    'redisson/redisson#5618',
  ],
  remedy: 'Read sessions from the primary; a replica is for what may be old.',
  needs: ['haste'],
  deployment: {
    host: 'card-store',
    program: new URL('./stale-replica-read.server.ts', import.meta.url),
    beside: laggingReplica(150),
  },
  must: { guarantee: 'read-your-writes', anomaly: 'STALE' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
