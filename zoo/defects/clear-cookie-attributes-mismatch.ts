import type { Defect } from '../entry.ts';
import { cookieSessions } from '../hosts/plain/cookie-sessions.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const clearCookieAttributesMismatch: Defect = {
  kind: 'defect',
  name: 'clear-cookie-attributes-mismatch',
  section: 'logout-final',
  broken:
    'The whole session is in a cookie with the path /, so a logout must delete this cookie. The Set-Cookie of the logout names no path, so the browser looks for a cookie with the path of the page, and deletes nothing. After the logout the user is still signed in.',
  wild: 'A cookie is the same only with the same name, domain and path. The code that sets it and the code that clears it are far apart, and only one of them is changed.',
  references: [
    'expressjs/express#3941',
    'payloadcms/payload#351',
    'auth0/express-openid-connect PR#94',
    'expressjs/session#241',
  ],
  remedy:
    'Clear a cookie with the same options that set it, kept in one place, and end the session on the server as well.',
  needs: [],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'logout-final', anomaly: 'ZOMBIE' },
  // The defect may also break `continuity` (the cookie becomes too large) and `isolation` (a late response sets the
  // previous user's cookie).
  mustNot: ['routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

if (import.meta.main)
  servePlain({
    ...cookieSessions,
    async signOut(_request, response) {
      response.append('Set-Cookie', ['session=; Max-Age=0', 'session.sig=; Max-Age=0']);
    },
  });
