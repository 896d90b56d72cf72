import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'expiry',
  definition:
    'Idle and absolute timeouts are as declared, with the declared renewal, within the larger of 2 s and 5 %, ' +
    'on every instance; activity on any instance counts on all. DRIFT: a session was certainly refused before ' +
    'its time, or honoured after it. What the run was too short to see is unknown.',
  picture: `
  declared: idle 60 s, renewed by each request
  1  login   ├─┤                                           logged in
  2  read       … 40 s … ├─┤                               signed in
  3  read                    … 40 s … ├─┤                  signed out: the second 40 s were too many`,
  causes: [
    'activity does not renew the store’s time: no touch, or a touch that is switched off (tj/connect-redis#144, expressjs/session#105)',
    'the server renews, and the cookie keeps its first expiry (expressjs/session#181), or the other way round (tj/connect-redis#251)',
    'milliseconds taken for seconds; memcached takes more than 30 days for a date (php-memcached-dev/php-memcached#142)',
    'no absolute limit: with a request now and then a session lives for ever (expressjs/session#557)',
    'instances with clocks or settings of their own: a time to live worked out from the local clock',
  ],
  mend: [
    {
      stack: 'Express',
      how: 'rolling: true with cookie.maxAge; a store with touch, in seconds; an absolute limit from a login time in the session',
    },
    {
      stack: 'Django',
      how: 'SESSION_COOKIE_AGE and SESSION_SAVE_EVERY_REQUEST = True for idle; a login time for the absolute limit',
    },
    { stack: 'Laravel', how: 'lifetime in config/session.php, in minutes, the same on all instances' },
    { stack: 'Spring', how: 'server.servlet.session.timeout, and a filter for the absolute limit' },
    {
      stack: 'PHP',
      how: 'session.gc_maxlifetime is no timeout: keep the last use in the session and compare',
    },
    { stack: 'Redis', how: 'let the store count: EXPIRE on each use, never a date from the app’s clock' },
  ],
  standards: [
    'OWASP ASVS 5.0 7.3.1: there is an inactivity timeout',
    'OWASP ASVS 5.0 7.3.2: there is an absolute maximum lifetime',
    'OWASP WSTG-SESS-07: testing session timeout',
  ],
};
