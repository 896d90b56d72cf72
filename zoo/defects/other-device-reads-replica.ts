import type { Defect } from '../entry.ts';
import { laggingReplica } from '../services/replica.ts';

export const otherDeviceReadsReplica: Defect = {
  kind: 'defect',
  name: 'other-device-reads-replica',
  section: 'linearizability',
  broken:
    'Reads go to a replica, but for two seconds after a session has written it reads from the primary. It always sees its own changes; another device of the same user does not, though they were acknowledged before it asked.',
  wild: 'The way frameworks switch between primary and replica by themselves: the session remembers that it has written.',
  references: ['rails/rails PR#35073', 'multigres/multigres#21'],
  remedy:
    'Remember the last write by user, not by session, or read from the primary what has to be current; else tell users that other devices lag behind.',
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
