import type { Defect } from '../entry.ts';

export const responseBeforeSave: Defect = {
  kind: 'defect',
  name: 'response-before-save',
  section: 'read-your-writes',
  broken:
    'A change of a session is answered before it is in the store: an instance collects changes and writes them every few hundredths of a second. A request that follows at once on another instance does not see the change.',
  wild: 'Frameworks that save a session after the response has left; saves that nobody waits for; write-behind caches that were to spare the store. A slow store makes the gap wider.',
  references: [
    'expressjs/session#704',
    'expressjs/session#167',
    'expressjs/session#360',
    'expressjs/session#309',
    'jetty/jetty.project#3936',
    'jetty/jetty.project PR#4049',
    'okta/okta-oidc-js#209',
    'coollabsio/coolify PR#7651',
  ],
  remedy:
    'Save, wait for the store to confirm, then answer: `req.session.save(error => …)` as the last thing before the response.',
  needs: ['instances', 'haste'],
  deployment: {
    host: 'card-store',
    program: new URL('./response-before-save.server.ts', import.meta.url),
  },
  must: { guarantee: 'read-your-writes', anomaly: 'STALE' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
