import type { Defect } from '../entry.ts';

export const predictableSessionIds: Defect = {
  kind: 'defect',
  name: 'predictable-session-ids',
  section: 'cookie-policy',
  broken:
    'Session ids are made of the time and a number that counts up, and signed by nothing. They look long and random, and who has one knows what the next ones are like.',
  wild: 'An id of `Date.now()`, `uniqid()`, `rand()` or the number of a row seems good enough, for no two are equal.',
  references: [
    'vanilla/vanilla#1163',
    'amule-project/amule#870',
    'singpolyma/wai-session PR#10',
    'ericrasmussen/pyramid_redis_sessions#20',
  ],
  remedy:
    'Take ids of 128 bits from the random numbers of the operating system: best those of the framework.',
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
