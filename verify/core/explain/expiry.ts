import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'expiry',
  definition:
    'Idle and absolute timeouts are as declared, with the declared renewal, on every instance. The tolerance ' +
    'is 2 s or 5 % of the timeout, whichever is larger. Activity on any instance counts on all instances. ' +
    'DRIFT: a session was certainly refused before its timeout, or honoured after it. If the run is shorter ' +
    'than a timeout, the verdict is unknown.',
  picture: `
  declared: idle 60 s, renewed by each request
  1  login   ├─┤                                           logged in
  2  read       … 40 s … ├─┤                               signed in
  3  read                    … 40 s … ├─┤                  signed out 40 s after a request that renewed it`,
  causes: [
    'activity does not renew the expiry in the store: the store has no touch, or it is switched off (tj/connect-redis#144, expressjs/session#105)',
    'the server renews the session but not the cookie (expressjs/session#181), or the cookie but not the session (tj/connect-redis#251)',
    'milliseconds that are read as seconds; memcached reads a lifetime above 30 days as a date (php-memcached-dev/php-memcached#142)',
    'no absolute timeout: a session with regular requests never expires (expressjs/session#557)',
    'instances with different clocks or settings: each computes the expiry from its local clock',
  ],
  mend: [
    {
      stack: 'Express',
      how: 'set rolling: true with cookie.maxAge; use a store with touch, in seconds; keep the login time in the session for the absolute timeout',
    },
    {
      stack: 'Django',
      how: 'set SESSION_COOKIE_AGE and SESSION_SAVE_EVERY_REQUEST = True for the idle timeout; keep the login time for the absolute timeout',
    },
    { stack: 'Laravel', how: 'set lifetime in config/session.php, in minutes, the same on all instances' },
    { stack: 'Spring', how: 'set server.servlet.session.timeout, and add a filter for the absolute timeout' },
    {
      stack: 'PHP',
      how: 'keep the time of the last request in the session and compare it: session.gc_maxlifetime is not a timeout',
    },
    {
      stack: 'Redis',
      how: 'let the store measure the time: call EXPIRE at each request, and never store a date from the app’s clock',
    },
  ],
  standards: [
    'OWASP ASVS 5.0 7.3.1: there is an inactivity timeout',
    'OWASP ASVS 5.0 7.3.2: there is an absolute maximum lifetime',
    'OWASP WSTG-SESS-07: testing session timeout',
  ],
};
