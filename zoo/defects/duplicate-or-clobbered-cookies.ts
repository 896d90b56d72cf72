import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const duplicateOrClobberedCookies: Defect = {
  kind: 'defect',
  name: 'duplicate-or-clobbered-cookies',
  section: 'continuity',
  broken:
    'A new version sets the session cookie for /app, the old one for /. While both run, a browser has two cookies of one name and sends both. The server uses the first one, which is the cookie from before the login, so it sends the user back to the login.',
  wild: 'A deploy changes the path or the domain of the cookie, or two apps on one host share the default name. The login then redirects to the login again.',
  references: [
    'expressjs/session#448',
    'expressjs/session#549',
    'expressjs/session#318',
    'expressjs/session#124',
    'spring-projects/spring-session PR#505',
    'tinyauthapp/tinyauth#155',
    'gbv/login-server#111',
  ],
  remedy:
    'Change the name together with the path or the domain, delete the old cookie under its old path and domain, and give each app its own cookie name.',
  needs: ['instances', 'first contact'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
    each: [{}, { COOKIE_PATH: '/app' }],
  },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

const path = process.env['COOKIE_PATH'] ?? '/';

if (import.meta.main)
  servePlain({ session: { saveUninitialized: true, cookie: { httpOnly: true, sameSite: 'lax', path } } });
