import type { Control } from '../entry.ts';

export const cardStoreOnTwoInstances: Control = {
  kind: 'control',
  name: 'card-store-on-two-instances',
  sound:
    'The card store as it ships. Each change of a session saves single attributes of a Redis hash, and the app responds once Redis has saved them.',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-attributes' } },
};
