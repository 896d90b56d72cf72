import type { Defect } from '../entry.ts';

export const memoryStorePerInstance: Defect = {
  kind: 'defect',
  name: 'memory-store-per-instance',
  section: 'continuity',
  broken:
    'Each instance keeps sessions in its own memory. Whoever is sent to another instance than the one that served the login is signed out there, and given a new cookie that then breaks the old session.',
  wild: 'The default store of a framework (or files on a local disk) works in development and with one instance, and nobody changes it when a second one is added.',
  references: [
    'expressjs/session#256',
    'Unitech/pm2#286',
    'OpenUserJS/OpenUserJS.org#68',
    'cloud-gov/pages-core#123',
  ],
  remedy:
    'Keep sessions in a store that all instances share (Redis, a database), or in a signed cookie. Sticky routing only hides it until the next deploy.',
  needs: ['instances'],
  deployment: { host: 'card-store', env: { SESSION_STORE: 'memory' } },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
