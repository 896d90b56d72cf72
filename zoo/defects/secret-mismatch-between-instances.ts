import type { Defect } from '../entry.ts';

export const secretMismatchBetweenInstances: Defect = {
  kind: 'defect',
  name: 'secret-mismatch-between-instances',
  section: 'continuity',
  broken:
    'One instance signs session cookies with another secret than the others. It takes their cookies for forged and the user for a stranger, though the session is still in the store; a login there overwrites the good cookie.',
  wild: 'A secret that is drawn at boot when none is configured, or that comes from a file on each host, and differs once there are two hosts.',
  references: [
    'diaspora/diaspora#7659',
    'expressjs/session#81',
    'expressjs/session#734',
    'goharbor/harbor#21060',
    'vmware-archive/gangway#16',
    'aspnet/Security#624',
  ],
  remedy:
    'Give all instances one secret from one place, and refuse to start without it. To replace it, accept the old one beside the new one for as long as sessions live.',
  needs: ['instances'],
  deployment: {
    host: 'plain',
    each: [
      { SESSION_SECRET: 'from the secret manager, as configured' },
      { SESSION_SECRET: 'drawn at boot, for want of a configured one' },
    ],
  },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
