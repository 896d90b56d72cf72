import { UNDER_FAULTS } from '../claims.ts';
import type { Control } from '../entry.ts';

export const deploysUnderLoad: Control = {
  kind: 'control',
  name: 'deploys-under-load',
  sound:
    'The card store while a group does what groups do: instances leave the balancer before they end, and finish what they have begun; sessions are shared, so that nobody notices.',
  faults: 'rolling-restart,replace-oldest,scale-out,scale-in',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-attributes' } },
  target: {
    claims: UNDER_FAULTS,
  },
};
