import type { Defect } from '../entry.ts';

export const duplicateOrClobberedCookies: Defect = {
  kind: 'defect',
  name: 'duplicate-or-clobbered-cookies',
  section: 'continuity',
  broken:
    'A new version sets the session cookie for /app, the old one for /. While both run, a browser has two cookies of one name and sends both; the server takes the first, which is the one from before the login.',
  wild: 'The path or the domain of the cookie is changed by a deploy, or two apps on one host share the default name. It ends in a login that leads back to the login.',
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
    'Change the name together with the path or the domain, delete the old cookie where it was set, and give each app a name of its own.',
  needs: ['instances', 'first contact'],
  deployment: {
    host: 'plain',
    program: new URL('./duplicate-or-clobbered-cookies.server.ts', import.meta.url),
    each: [{}, { COOKIE_PATH: '/app' }],
  },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
