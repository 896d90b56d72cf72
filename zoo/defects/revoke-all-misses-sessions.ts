import type { Defect } from '../entry.ts';

export const revokeAllMissesSessions: Defect = {
  kind: 'defect',
  name: 'revoke-all-misses-sessions',
  section: 'logout-final',
  broken:
    "The user's record has a list of sessions. A login reads the record and writes it back at its end, so of two logins at the same time one is missing from the list, and logging out everywhere leaves it alive.",
  wild: 'There is no index from user to sessions, or one that is updated by read, modify, write: an ORM saves the whole record.',
  references: [
    'pypi/warehouse#10849',
    'iftechfoundation/ifdb#425',
    'open-webui/open-webui PR#28725',
    'better-auth/better-auth#11073',
    'better-auth/better-auth#5144',
    'rommapp/romm PR#4635',
  ],
  remedy:
    'Keep the sessions of a user in a set that is added to atomically, or stamp the user with a time before which no session counts.',
  needs: ['overlap', 'users', 'replay'],
  deployment: {
    host: 'plain',
    program: new URL('./revoke-all-misses-sessions.server.ts', import.meta.url),
  },
  must: { guarantee: 'logout-final', anomaly: 'ZOMBIE' },
  mustNot: [
    'continuity',
    'isolation',
    'routing',
    'rotation',
    'forgery',
    'availability',
    'evidence',
    'instances-agree',
    'cookie-policy',
  ],
};
