import type { Defect } from '../entry.ts';
import { cookieSessions } from '../hosts/plain/cookie-sessions.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const cookieStoredSessionRace: Defect = {
  kind: 'defect',
  name: 'cookie-stored-session-race',
  section: 'no-lost-updates',
  broken:
    'The whole session is in the cookie. Two overlapping requests send the same cookie, each response sets its own next cookie, and the browser keeps only the last one. The change of one request is lost.',
  wild: 'Cookie sessions are chosen because they need no store. The race is in the browser, where no log shows it.',
  references: [
    'rack/rack-session PR#24',
    'discourse/discourse PR#33828',
    'benlucchesi/grails-cookie-session PR#45',
  ],
  remedy: 'Keep only the identity of the user in the cookie, and data that changes in a database.',
  needs: ['overlap'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'no-lost-updates', anomaly: 'CLOBBER' },
  // The defect may also break `continuity` (the cookie becomes too large) and `isolation` (a late response sets the
  // previous user's cookie).
  mustNot: ['routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

if (import.meta.main) servePlain(cookieSessions);
