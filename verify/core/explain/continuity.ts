import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'continuity',
  definition:
    'Every request of a live session is answered signed in as its user, on whichever instance. No response leaves ' +
    'the client without its session cookie, or with one that is not signed in, and a login begun on one instance can ' +
    'be finished on another. LOSS: a request of a live session was answered signed out, or with its only cookie ' +
    'deleted; or two instances refuse the login of an account that is accepted elsewhere. A 5xx, a reset or a "403 ' +
    'forbidden" is no loss, and says nothing about the session; a page of another user is BLEED.',
  picture: `
  1  login  ├──┤              on app-1   logged in
  2  read         ├──┤        on app-2   303 to /login: signed out
  3  read               ├──┤  on app-1   signed in`,
  causes: [
    'sessions in the memory or on the disk of one instance (the default of many frameworks): the others do not know them (expressjs/session#256)',
    'a secret or encryption key of its own for each instance, often drawn at boot: the others refuse the cookie and set a fresh one over it (diaspora/diaspora#7659, goharbor/harbor#21060)',
    'form or CSRF tokens kept in one process: logging in works only where the form came from (parse-community/parse-dashboard#3015)',
    'sessions bound to the client address, while the app sees the address of the balancer (luyadev/luya-module-admin#346)',
    'a short outage of the store treated as "no session": the cookie is cleared, and the user stays signed out afterwards (sourcegraph/sourcegraph-public-snapshot#37016)',
    'two versions of the app that cannot read each other’s sessions during a deploy (spring-projects/spring-session#280)',
  ],
  mend: [
    {
      stack: 'Express',
      how: 'give express-session a shared store (connect-redis, connect-pg-simple) and one secret from the environment',
    },
    {
      stack: 'Django',
      how: 'SESSION_ENGINE = "…cached_db" or "…db" on a shared database; one SECRET_KEY for all instances',
    },
    {
      stack: 'Rails',
      how: 'one secret_key_base for all instances; the cookie store or a shared cache store',
    },
    { stack: 'Laravel', how: 'SESSION_DRIVER=redis or database instead of file; one APP_KEY' },
    { stack: 'Spring', how: 'Spring Session on Redis or JDBC instead of the container’s own sessions' },
    {
      stack: 'ASP.NET',
      how: 'persist the Data Protection keys where all instances read them; a distributed cache for session state',
    },
    { stack: 'PHP', how: 'session.save_handler = redis, one save_path for all' },
    { stack: 'balancer', how: 'sticky sessions hide it until an instance goes away: they are no cure' },
  ],
  standards: ['OWASP WSTG-SESS-01: testing for session management schema'],
};
