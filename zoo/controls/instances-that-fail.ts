import { UNDER_FAULTS } from '../claims.ts';
import type { Control } from '../entry.ts';

export const instancesThatFail: Control = {
  kind: 'control',
  name: 'instances-that-fail',
  sound:
    'The card store while instances are killed and freeze. The other instance continues to serve, requests that are cut off get an error response, and no session or acknowledged write is lost.',
  faults: 'kill,pause,instance-hangs,answers-cut',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-attributes' } },
  target: {
    claims: UNDER_FAULTS,
  },
};
