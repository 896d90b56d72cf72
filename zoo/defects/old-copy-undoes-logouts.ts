import type { Defect } from '../entry.ts';

export const oldCopyUndoesLogouts: Defect = {
  kind: 'defect',
  name: 'old-copy-undoes-logouts',
  section: 'logout-final',
  broken:
    'A replica has lost its primary without noticing it, and takes over with data that is several seconds old. Logouts and other changes that were acknowledged in the meantime are undone: the old cookies are accepted again.',
  wild: 'A failover promotes whichever copy there is, without a limit for its age. A primary that restarts from an old snapshot does the same, and so does a restored backup.',
  references: ['sorintlab/stolon#783', 'redis/redis#1297', 'bitnami/charts PR#13021'],
  remedy:
    'Acknowledge a logout only when the replicas have it (`WAIT`), limit the age of a copy that may take over, or end all sessions after such a failover.',
  needs: ['fault'],
  faults: 'store-old-copy',
  deployment: { host: 'card-store', env: { SESSION_STORE: 'redis-attributes' } },
  must: { guarantee: 'logout-final', anomaly: 'RISEN' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
