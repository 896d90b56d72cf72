import { Redis } from 'ioredis';
import { RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { save } from '../hosts/plain/session.ts';
import { laggingReplica } from '../services/replica.ts';

export const otherDeviceReadsReplica: Defect = {
  kind: 'defect',
  name: 'other-device-reads-replica',
  section: 'linearizability',
  broken:
    'Reads go to a replica, but a session reads from the primary for two seconds after its own write. So a session always sees its own changes. Another device of the same user may not see these changes, even if they were acknowledged before its request.',
  wild: 'Frameworks switch between primary and replica in this way: the session contains the time of its last write.',
  references: ['rails/rails PR#35073', 'multigres/multigres#21'],
  remedy:
    'Store the last write by user, not by session, or read data that must be current from the primary. Otherwise document that other devices show changes late.',
  needs: ['users', 'haste'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
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

declare module 'express-session' {
  interface SessionData {
    /** Time of the session's last write, milliseconds since 1970. */
    wroteAt?: number;
  }
}

const STAY_MS = 2_000;

if (import.meta.main) {
  const replica = new Redis(process.env['REPLICA_URL'] ?? '');
  servePlain({
    store: redis => new RedisAttributesStore({ client: redis }),
    onSession: () => async (request, _response, next) => {
      if (request.method === 'POST' && request.session.user) {
        request.session.wroteAt = Date.now();
        await save(request);
      }
      next();
    },
    readNotes(request, primary) {
      const { wroteAt = 0 } = request.session;
      return Date.now() - wroteAt < STAY_MS ? primary : replica;
    },
  });
}
