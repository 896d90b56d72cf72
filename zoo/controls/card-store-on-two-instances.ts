import type { Control } from '../entry.ts';

export const cardStoreOnTwoInstances: Control = {
  kind: 'control',
  name: 'card-store-on-two-instances',
  sound:
    'The card store as it ships: each change of a session saves single attributes of a Redis hash, and is answered once Redis has it.',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-attributes' } },
};
