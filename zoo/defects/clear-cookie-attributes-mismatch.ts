import type { Defect } from '../entry.ts';

export const clearCookieAttributesMismatch: Defect = {
  kind: 'defect',
  name: 'clear-cookie-attributes-mismatch',
  section: 'logout-final',
  broken:
    'The session is in the cookie, so a logout has to delete the cookie. The deleting Set-Cookie names no path, the browser takes that of the page, and the cookie of the path / stays: after the logout the user is still signed in.',
  wild: 'A cookie is the same only with the same name, domain and path; what sets it and what clears it are far apart in the code, and one of them gets changed.',
  references: [
    'expressjs/express#3941',
    'payloadcms/payload#351',
    'auth0/express-openid-connect PR#94',
    'expressjs/session#241',
  ],
  remedy:
    'Clear a cookie with the very options that set it, from one place, and end the session on the server as well.',
  needs: [],
  deployment: {
    host: 'plain',
    program: new URL('./clear-cookie-attributes-mismatch.server.ts', import.meta.url),
  },
  must: { guarantee: 'logout-final', anomaly: 'ZOMBIE' },
  // Not continuity: a cookie that holds everything is lost when it grows, as in session-cookie-too-large.
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
