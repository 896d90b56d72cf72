import { UNDER_FAULTS } from '../claims.ts';
import type { Control } from '../entry.ts';

export const managedRedis: Control = {
  kind: 'control',
  name: 'managed-redis',
  sound:
    'The card store on a Redis as managed services run it: with TLS and a password, and without CONFIG. The next version needs events for expired sessions. It checks whether Redis sends them, sets nothing, and starts.',
  faults: 'rolling-deploy,store-restart',
  next: { SESSION_EXPIRY_EVENTS: 'true' },
  deployment: {
    host: 'card-store',
    env: { SESSION_STORE: 'redis-attributes', STACK_REDIS: 'hardened' },
  },
  target: {
    claims: UNDER_FAULTS,
  },
};
