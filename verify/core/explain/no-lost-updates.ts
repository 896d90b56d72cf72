import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'no-lost-updates',
  definition:
    'Every acknowledged add of overlapping requests is in the final state of its object. CLOBBER: an add was ' +
    'acknowledged, no operation removed it, and the final reads do not show it. The standard sessions of ' +
    'Express, Django, Laravel and others write the whole session back at the end of each request, so they ' +
    'lose parallel updates. Claim this guarantee only for a store that saves single attributes or checks ' +
    'versions.',
  picture: `
  1  add "b41"    ├────────┤            on app-1   acknowledged
  2  add "b42"        ├────────┤        on app-2   acknowledged
  3  read basket                 ├──┤   on app-1   "b41" is gone`,
  causes: [
    'each request loads and saves the whole session: the last save wins (SerayaEryn/fastify-session#237, laravel/framework#7549)',
    'resave: true, or a touch that stores a full copy: even a slow read overwrites a write (expressjs/session#71)',
    'session data in the cookie: the last Set-Cookie wins (rack/rack-session PR#24)',
    'a session lock with a short timeout: after it the request goes on without the lock (phpredis/phpredis#2382)',
  ],
  mend: [
    {
      stack: 'Express',
      how: 'set resave: false; keep data that changes in parallel outside the session (own keys, HSET, a table), or use a store that saves attributes',
    },
    { stack: 'Laravel', how: 'use Route::…->block() for routes that write the session' },
    {
      stack: 'Spring',
      how: 'use one attribute for each value that changes: Spring Session on Redis saves changed attributes only',
    },
    {
      stack: 'PHP',
      how: 'switch session locking on (redis.session.locking_enabled=1), with a timeout longer than the slowest request',
    },
    {
      stack: 'Django',
      how: 'make parallel changes in the database, with F() expressions or select_for_update, and not in request.session',
    },
  ],
  standards: [],
};
