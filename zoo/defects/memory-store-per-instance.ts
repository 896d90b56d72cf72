import type { Defect } from '../entry.ts';

export const memoryStorePerInstance: Defect = {
  kind: 'defect',
  name: 'memory-store-per-instance',
  section: 'continuity',
  broken:
    'Each instance keeps sessions in its own memory. On any instance other than the one that served the login, the user is signed out and gets a new cookie, which replaces the cookie of the old session.',
  wild: 'The default store of a framework (or files on a local disk) works in development and with one instance, and stays when a second instance is added.',
  references: [
    'expressjs/session#256',
    'Unitech/pm2#286',
    'OpenUserJS/OpenUserJS.org#68',
    'cloud-gov/pages-core#123',
  ],
  remedy:
    'Keep sessions in a store that all instances share (Redis, a database), or in a signed cookie. Sticky routing only hides the defect until the next deploy.',
  needs: ['instances'],
  deployment: { host: 'card-store', env: { SESSION_STORE: 'memory' } },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
