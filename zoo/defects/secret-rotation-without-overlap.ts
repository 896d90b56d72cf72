import type { Defect } from '../entry.ts';

export const secretRotationWithoutOverlap: Defect = {
  kind: 'defect',
  name: 'secret-rotation-without-overlap',
  section: 'survival',
  broken:
    'The secret that signs cookies is replaced at once. Whoever has a cookie that the old one signed is a stranger to the new instances, and has to log in again.',
  wild: 'A new value in the secret manager, and a deploy: the old one is in no list of those that are still accepted.',
  references: [
    'expressjs/session#127',
    'expressjs/session#591',
    'gardener/dashboard PR#1869',
    'nextauthjs/next-auth#3721',
  ],
  remedy:
    'Accept the old secret beside the new one for as long as sessions live: first everywhere accept, then everywhere sign.',
  needs: ['fault'],
  faults: 'secret-replaced',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-attributes' } },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
