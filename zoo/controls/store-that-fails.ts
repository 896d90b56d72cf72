import { UNDER_FAULTS } from '../claims.ts';
import type { Control } from '../entry.ts';

export const storeThatFails: Control = {
  kind: 'control',
  name: 'store-that-fails',
  sound:
    'The card store while Redis is restarted, unreachable, full, read-only and replaced. It responds with 503 in time, leaves cookies unchanged, acknowledges only what Redis has acknowledged, and recovers by itself.',
  faults: 'store-restart,store-refuses,store-full,store-read-only,store-demoted',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-attributes' } },
  target: {
    claims: UNDER_FAULTS,
  },
};
