import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'no-lost-updates',
  definition:
    'Every acknowledged add of overlapping requests is in the final state of its object. CLOBBER: an add was ' +
    'acknowledged, nothing removed it, and the final reads do not show it. Stock sessions of Express, Django, ' +
    'Laravel and others write the whole session back at the end of each request, and do lose parallel updates: ' +
    'claim this only of a store that saves single attributes or checks versions.',
  picture: `
  1  add "b41"    ├────────┤            on app-1   acknowledged
  2  add "b42"        ├────────┤        on app-2   acknowledged
  3  read basket                 ├──┤   on app-1   "b41" is gone`,
  causes: [
    'each request loads the whole session and saves the whole session: the last one wins (SerayaEryn/fastify-session#237, laravel/framework#7549)',
    'resave: true, or a touch that stores a full copy: even a slow read undoes a write (expressjs/session#71)',
    'session data in the cookie: the last Set-Cookie wins (rack/rack-session PR#24)',
    'a session lock that is given up after a short wait, and the request goes on without it (phpredis/phpredis#2382)',
  ],
  mend: [
    {
      stack: 'Express',
      how: 'resave: false; keep what changes in parallel outside the session (its own keys, HSET, a table), or use a store that saves attributes',
    },
    { stack: 'Laravel', how: 'Route::…->block() for routes that write the session' },
    {
      stack: 'Spring',
      how: 'Spring Session on Redis saves changed attributes only: keep one attribute per thing that changes',
    },
    {
      stack: 'PHP',
      how: 'session locking on (redis.session.locking_enabled=1) with a wait longer than the slowest request',
    },
    {
      stack: 'Django',
      how: 'parallel changes in the database, with F() expressions or select_for_update, not in request.session',
    },
  ],
  standards: [],
};
