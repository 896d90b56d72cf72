import type { Control } from '../entry.ts';

export const cardStoreOnFiveInstances: Control = {
  kind: 'control',
  name: 'card-store-on-five-instances',
  sound:
    'The card store on five instances: more pairs of instances must agree, and each pair gets fewer requests.',
  deployment: { host: 'card-store', instances: 5, env: { SESSION_STORE: 'redis-attributes' } },
};
