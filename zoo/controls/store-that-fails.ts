import { UNDER_FAULTS } from '../claims.ts';
import type { Control } from '../entry.ts';

export const storeThatFails: Control = {
  kind: 'control',
  name: 'store-that-fails',
  sound:
    'The card store while Redis is restarted, out of reach, full, read-only and replaced: it answers 503 in time, leaves cookies alone, acknowledges nothing that Redis did not, and works again by itself.',
  faults: 'store-restart,store-refuses,store-full,store-read-only,store-demoted',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-attributes' } },
  target: {
    claims: UNDER_FAULTS,
  },
};
