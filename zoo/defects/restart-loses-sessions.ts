import type { Defect } from '../entry.ts';

export const restartLosesSessions: Defect = {
  kind: 'defect',
  name: 'restart-loses-sessions',
  section: 'survival',
  broken:
    'The store keeps no data on disk. After a restart it is empty: all users must log in again, and their carts are lost.',
  wild: 'Redis runs as a cache image starts it: without a volume, or with persistence switched off. The defect shows at the first maintenance.',
  references: [
    'appsmithorg/appsmith#9113',
    'appsmithorg/appsmith#19889',
    'sourcegraph/sourcegraph-public-snapshot#41203',
    'cozuya/secret-hitler#1150',
    'openedx/openedx-platform#32984',
  ],
  remedy:
    'Give the store a volume and `appendonly yes`. If restarts must not interrupt the service, run it on several machines.',
  needs: ['fault'],
  faults: 'store-restart',
  deployment: { host: 'plain', redis: ['--appendonly', 'no'] },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
