import type { Defect } from '../entry.ts';
import { cookieSessions } from '../hosts/plain/cookie-sessions.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const rollingCookieRestoresUser: Defect = {
  kind: 'defect',
  name: 'rolling-cookie-restores-user',
  section: 'isolation',
  broken:
    'The session is in the cookie, and each response sets it again to prolong it. A response that arrives after the logout and after the login of another user puts the old session back: the browser of the second user shows the pages of the first user.',
  wild: 'A client library rolls the session in every response, also in those of requests that began before the logout. A slow page, a poll or a second tab is enough.',
  references: [
    'auth0/nextjs-auth0#544',
    'auth0/nextjs-auth0#2335',
    'auth0/nextjs-auth0 PR#2530',
    'expressjs/session#632',
  ],
  remedy:
    'Keep the session in a store, and let the cookie carry only its id. Prolong a session only if it still exists.',
  needs: ['overlap', 'users'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'isolation', anomaly: 'BLEED' },
  mustNot: ['routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

if (import.meta.main)
  servePlain({
    ...cookieSessions,
    // Changes the session in each request, so that each response sets the cookie again.
    onSession: () => (request, _response, next) => {
      if (request.session?.user !== undefined) Reflect.set(request.session, 'seen', Date.now());
      next();
    },
  });
