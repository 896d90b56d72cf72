import type { Defect } from '../entry.ts';

export const logoutLocalToNode: Defect = {
  kind: 'defect',
  name: 'logout-local-to-node',
  section: 'logout-final',
  broken:
    'Instances keep copies of sessions and ask the store for a version before they use one. A logout deletes session and version, and the other instances take the missing version for no news: there the old cookie goes on working.',
  wild: 'Local caches that are told of changes and not of deletions; single sign-out that reaches one node of a cluster; a record that another node writes again.',
  references: [
    'redisson/redisson#3498',
    'redisson/redisson#1432',
    'dotCMS/core#37511',
    'kahwee/php-db-session-handler#2',
  ],
  remedy:
    'Take a session that the store does not have for ended, whatever there is in memory; publish deletions as well as changes.',
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
