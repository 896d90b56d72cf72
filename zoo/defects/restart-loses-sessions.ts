import type { Defect } from '../entry.ts';

export const restartLosesSessions: Defect = {
  kind: 'defect',
  name: 'restart-loses-sessions',
  section: 'survival',
  broken:
    'The store keeps nothing on disk. After a restart it is empty, and everybody has to log in again; what they had in their carts is gone.',
  wild: 'Redis as a cache image starts it, without a volume or with persistence switched off; nobody notices until the first maintenance.',
  references: [
    'appsmithorg/appsmith#9113',
    'appsmithorg/appsmith#19889',
    'sourcegraph/sourcegraph-public-snapshot#41203',
    'cozuya/secret-hitler#1150',
    'openedx/openedx-platform#32984',
  ],
  remedy:
    'Give the store a volume and `appendonly yes`; where restarts must be free, keep it on several machines.',
  needs: ['fault'],
  faults: 'store-restart',
  deployment: { host: 'plain', redis: ['--appendonly', 'no'] },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
