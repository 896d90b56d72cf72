import { UNDER_FAULTS } from '../claims.ts';
import type { Control } from '../entry.ts';

export const managedRedis: Control = {
  kind: 'control',
  name: 'managed-redis',
  sound:
    'The card store on a Redis as managed services run it: TLS, a password, and no CONFIG. The next version wants to hear of sessions that expire; it asks whether Redis tells, sets nothing, and starts.',
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
