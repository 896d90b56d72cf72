import type { Defect } from '../entry.ts';

export const secretRotationWithoutOverlap: Defect = {
  kind: 'defect',
  name: 'secret-rotation-without-overlap',
  section: 'survival',
  broken:
    'The secret that signs cookies is replaced at once. The new instances reject cookies that the old secret signed, so their users must log in again.',
  wild: 'The secret manager gets a new value, and a deploy follows. The old secret is not in the list of accepted secrets.',
  references: [
    'expressjs/session#127',
    'expressjs/session#591',
    'gardener/dashboard PR#1869',
    'nextauthjs/next-auth#3721',
  ],
  remedy:
    'Accept the old secret beside the new one for the lifetime of sessions. First let all instances accept the new one, then let them sign with it.',
  needs: ['fault'],
  faults: 'secret-replaced',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-attributes' } },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
