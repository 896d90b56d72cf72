import type { Defect } from '../entry.ts';
import { laggingReplica } from '../services/replica.ts';

export const otherDeviceReadsReplica: Defect = {
  kind: 'defect',
  name: 'other-device-reads-replica',
  section: 'linearizability',
  broken:
    'Reads go to a replica, but a session reads from the primary for two seconds after its own write. So a session always sees its own changes. Another device of the same user does not, even if they were acknowledged before its request.',
  wild: 'Frameworks switch between primary and replica in this way: the session stores when it last wrote.',
  references: ['rails/rails PR#35073', 'multigres/multigres#21'],
  remedy:
    'Store the last write by user, not by session, or read data that must be current from the primary. Otherwise document that other devices show changes late.',
  needs: ['users', 'haste'],
  deployment: {
    host: 'plain',
    program: new URL('./other-device-reads-replica.server.ts', import.meta.url),
    beside: laggingReplica(150),
  },
  must: { guarantee: 'linearizability', anomaly: 'NONLINEAR' },
  mustNot: [
    'continuity',
    'isolation',
    'routing',
    'read-your-writes',
    'monotonic-reads',
    'rotation',
    'forgery',
    'one-session',
    'cookie-policy',
    'private-responses',
    'availability',
    'evidence',
  ],
};
