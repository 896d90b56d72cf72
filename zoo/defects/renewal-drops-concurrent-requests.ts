import type { Defect } from '../entry.ts';

export const renewalDropsConcurrentRequests: Defect = {
  kind: 'defect',
  name: 'renewal-drops-concurrent-requests',
  section: 'continuity',
  broken:
    'A session gets a new id every 2 s, and the old id is deleted at once. A request that overlaps the renewal still has the old id: it is signed out, and so may be the browser after it.',
  wild: 'Periodic renewal is recommended against stolen cookies. A page that sends several requests at once loses its session now and then, and only on busy pages.',
  references: ['expressjs/session#923', 'bcit-ci/CodeIgniter#4672', 'cypht-org/cypht#30'],
  remedy: 'Accept the old id for some seconds after the renewal, and let only one request renew.',
  needs: ['overlap', 'time'],
  deployment: {
    host: 'plain',
    program: new URL('./renewal-drops-concurrent-requests.server.ts', import.meta.url),
  },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'forgery', 'evidence'],
};
