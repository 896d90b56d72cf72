import type { Control } from '../entry.ts';

export const cardStoreOnFiveInstances: Control = {
  kind: 'control',
  name: 'card-store-on-five-instances',
  sound: 'The same on five instances: more pairs that have to agree, and fewer requests for each.',
  deployment: { host: 'card-store', instances: 5, env: { SESSION_STORE: 'redis-attributes' } },
};
