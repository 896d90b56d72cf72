import type { Defect } from '../entry.ts';

export const doubleCommitAfterResponse: Defect = {
  kind: 'defect',
  name: 'double-commit-after-response',
  section: 'no-lost-updates',
  broken:
    'A session is saved when the response is sent, and the same copy once more when the request has ended, a tenth of a second later. The second save undoes what the next request has written meanwhile.',
  wild: 'A filter that saves when the response is committed, and again in its own clean-up. Strictly sequential clients lose their second change once the server is busy.',
  references: ['spring-projects/spring-session#604', 'spring-projects/spring-session#508'],
  remedy: 'Save once, and before the response; a clean-up must not write what it has read long ago.',
  needs: ['haste'],
  deployment: {
    host: 'card-store',
    program: new URL('./double-commit-after-response.server.ts', import.meta.url),
  },
  must: { guarantee: 'read-your-writes', anomaly: 'STALE' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
