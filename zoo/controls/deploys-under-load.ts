import { UNDER_FAULTS } from '../claims.ts';
import type { Control } from '../entry.ts';

export const deploysUnderLoad: Control = {
  kind: 'control',
  name: 'deploys-under-load',
  sound:
    'The card store while its group of instances restarts, is replaced, grows and shrinks. Instances leave the balancer before they stop, and finish the requests in flight. Sessions are shared, so users notice nothing.',
  faults: 'rolling-restart,replace-oldest,scale-out,scale-in',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-attributes' } },
  target: {
    claims: UNDER_FAULTS,
  },
};
