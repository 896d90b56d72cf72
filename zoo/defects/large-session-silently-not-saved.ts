import type { Defect } from '../entry.ts';

export const largeSessionSilentlyNotSaved: Defect = {
  kind: 'defect',
  name: 'large-session-silently-not-saved',
  section: 'read-your-writes',
  broken:
    'The store takes items of up to 12,000 characters. If a session is larger, the client library of the store writes a warning and reports success, and the store keeps the older, smaller session. Acknowledged changes are missing.',
  wild: 'Memcached takes 1 MB for an item, and several of its clients do not raise an error above that. Small sessions work, so the error is found in the log of one user.',
  references: ['ManageIQ/manageiq PR#10075', 'mbi/django-rosetta#3', 'lericson/pylibmc#5'],
  remedy:
    'Let the client raise an error above the limit, and refuse the change that makes the session too large.',
  needs: ['size'],
  deployment: {
    host: 'plain',
    program: new URL('./large-session-silently-not-saved.server.ts', import.meta.url),
  },
  must: { guarantee: 'read-your-writes', anomaly: 'STALE' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'evidence'],
};
