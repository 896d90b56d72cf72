import type { Defect } from '../entry.ts';

export const predictableSessionIds: Defect = {
  kind: 'defect',
  name: 'predictable-session-ids',
  section: 'cookie-policy',
  broken:
    'Session ids consist of the time and a number that counts up, and are not signed. They look long and random, but a client with one id can guess the next ones.',
  wild: 'An id from `Date.now()`, `uniqid()`, `rand()` or the number of a row seems sufficient, since no two are equal.',
  references: [
    'vanilla/vanilla#1163',
    'amule-project/amule#870',
    'singpolyma/wai-session PR#10',
    'ericrasmussen/pyramid_redis_sessions#20',
  ],
  remedy:
    'Use ids of 128 bits from the random numbers of the operating system, best those that the framework generates.',
  needs: ['users'],
  deployment: {
    host: 'plain',
    program: new URL('./predictable-session-ids.server.ts', import.meta.url),
  },
  must: { guarantee: 'cookie-policy', anomaly: 'EXPOSED' },
  mustNot: [
    'continuity',
    'isolation',
    'routing',
    'instances-agree',
    'rotation',
    'private-responses',
    'availability',
    'evidence',
  ],
};
