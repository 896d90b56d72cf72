import type { Defect } from '../entry.ts';

export const secretMismatchBetweenInstances: Defect = {
  kind: 'defect',
  name: 'secret-mismatch-between-instances',
  section: 'continuity',
  broken:
    'One instance signs session cookies with a different secret. It rejects the cookies of the other instances as forged and shows the user as signed out, though the session is still in the store. A login on this instance overwrites the valid cookie.',
  wild: 'The secret is generated at boot if none is configured, or comes from a file on each host, so it differs between two hosts.',
  references: [
    'diaspora/diaspora#7659',
    'expressjs/session#81',
    'expressjs/session#734',
    'goharbor/harbor#21060',
    'vmware-archive/gangway#16',
    'aspnet/Security#624',
  ],
  remedy:
    'Give all instances one secret from one place, and refuse to start without it. To replace it, accept the old secret beside the new one for the lifetime of sessions.',
  needs: ['instances'],
  deployment: {
    host: 'plain',
    each: [
      { SESSION_SECRET: 'from the secret manager, as configured' },
      { SESSION_SECRET: 'generated at boot, because none is configured' },
    ],
  },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
