import type { Defect } from '../entry.ts';

export const responseBeforeSave: Defect = {
  kind: 'defect',
  name: 'response-before-save',
  section: 'read-your-writes',
  broken:
    'The app responds before a change of a session is in the store: an instance collects changes and writes them every few hundredths of a second. The next request on another instance may not see the change.',
  wild: 'A framework saves a session after the response, the code does not wait for the save, or a write-behind cache reduces the load on the store. A slow store makes the gap wider.',
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
    'Save, wait until the store confirms, then respond: call `req.session.save(error => …)` last before the response.',
  needs: ['instances', 'haste'],
  deployment: {
    host: 'card-store',
    program: new URL('./response-before-save.server.ts', import.meta.url),
  },
  must: { guarantee: 'read-your-writes', anomaly: 'STALE' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
