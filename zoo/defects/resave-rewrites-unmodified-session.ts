import type { Defect } from '../entry.ts';
import { oneAtATime } from '../hosts/plain/lock.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const resaveRewritesUnmodifiedSession: Defect = {
  kind: 'defect',
  name: 'resave-rewrites-unmodified-session',
  section: 'no-lost-updates',
  broken:
    'Requests that change nothing also save the session as they loaded it. A lock serializes writers, but a slow page that only reads undoes what was written while it ran.',
  wild: 'Examples have used `resave: true` for years. Some stores save at every request, and some save the whole session to renew its timeout.',
  references: [
    'apostrophecms/apostrophe#1765',
    'expressjs/session#71',
    'auth0/express-openid-connect#408',
    'valery-barysok/session-file-store PR#55',
    'tj/connect-redis PR#285',
    'spring-projects/spring-session#469',
  ],
  remedy:
    'Save only what changed (`resave: false`), and renew the timeout without writing the content (`touch`).',
  needs: ['overlap'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'no-lost-updates', anomaly: 'CLOBBER' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

if (import.meta.main)
  servePlain({
    beforeSession: redis => oneAtATime(redis, { waitMs: 5_000, otherwise: 'refuse' }),
    session: { resave: true },
  });
