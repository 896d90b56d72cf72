import type { Defect } from '../entry.ts';

export const restartLosesLastWrites: Defect = {
  kind: 'defect',
  name: 'restart-loses-last-writes',
  section: 'survival',
  broken:
    'Redis writes a snapshot to disk at intervals, and no log of single writes. After a crash, sessions live, but the writes since the last snapshot are gone although they were acknowledged.',
  wild: 'The default of redis-server is snapshots only. Persistence is switched on and a restart keeps the users signed in, so nothing looks wrong.',
  references: ['appsmithorg/appsmith#19889', 'sourcegraph/sourcegraph-public-snapshot#41203'],
  remedy:
    'Set `appendonly yes`, and `appendfsync always` if no acknowledged write may be lost at a power failure.',
  needs: ['fault'],
  faults: 'store-restart',
  deployment: { host: 'plain', redis: ['--appendonly', 'no', '--save', '2 1'] },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
