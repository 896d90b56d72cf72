import type { Defect } from '../entry.ts';

export const logoutLocalToNode: Defect = {
  kind: 'defect',
  name: 'logout-local-to-node',
  section: 'logout-final',
  broken:
    'Instances cache sessions, and read a version from the store before they use a copy. A logout deletes session and version. The other instances take a missing version for an unchanged one, so they still accept the old cookie.',
  wild: 'Local caches get changes but not deletions, single sign-out reaches only one node of a cluster, or another node writes the record again.',
  references: [
    'redisson/redisson#3498',
    'redisson/redisson#1432',
    'dotCMS/core#37511',
    'kahwee/php-db-session-handler#2',
  ],
  remedy:
    'Treat a session that is not in the store as ended, whatever is in memory. Publish deletions as well as changes.',
  needs: ['instances', 'replay'],
  deployment: {
    host: 'card-store',
    program: new URL('./logout-local-to-node.server.ts', import.meta.url),
  },
  must: { guarantee: 'logout-final', anomaly: 'ZOMBIE' },
  mustNot: [
    'continuity',
    'read-your-writes',
    'monotonic-reads',
    'isolation',
    'routing',
    'rotation',
    'forgery',
    'availability',
    'evidence',
  ],
};
