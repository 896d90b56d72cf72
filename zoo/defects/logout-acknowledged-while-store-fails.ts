import type { Defect } from '../entry.ts';

export const logoutAcknowledgedWhileStoreFails: Defect = {
  kind: 'defect',
  name: 'logout-acknowledged-while-store-fails',
  section: 'logout-final',
  broken:
    'When the store cannot delete a session, the logout says that all went well, and takes the cookie out of the browser. Any copy of the cookie is still signed in, now and once the store is well again.',
  wild: 'An error of `destroy` that is logged and dropped; a primary that was made read-only, or a store that is away for a moment.',
  references: [
    'oauth2-proxy/oauth2-proxy#1658',
    'linuxfoundation/lfx-self-serve PR#1089',
    'onetimesecret/onetimesecret PR#3803',
  ],
  remedy:
    'Answer a logout that the store did not confirm with an error, and leave the cookie where it is, so that it can be tried again.',
  needs: ['fault', 'replay'],
  faults: 'store-read-only',
  deployment: {
    host: 'card-store',
    program: new URL('./logout-acknowledged-while-store-fails.server.ts', import.meta.url),
  },
  must: { guarantee: 'logout-final', anomaly: 'ZOMBIE' },
  mustNot: ['isolation', 'routing', 'outage', 'evidence'],
};
