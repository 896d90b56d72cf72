import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'continuity',
  definition:
    'Every request of a live session gets a response that is signed in as its user, on every instance. No ' +
    'response leaves the client without its session cookie, or with a cookie that is not signed in. A login ' +
    'that begins on one instance can be finished on another. LOSS: a response to a live session was signed ' +
    'out, or deleted its only cookie; or a login that began on one instance was refused by another, for an ' +
    'account that is accepted elsewhere. A 5xx, a reset or a "403 forbidden" is not LOSS, and says nothing ' +
    'about the session. A page of another user is BLEED.',
  picture: `
  1  login  ├──┤              on app-1   logged in
  2  read         ├──┤        on app-2   303 to /login: signed out
  3  read               ├──┤  on app-1   signed in`,
  causes: [
    'sessions in the memory or on the disk of one instance, the default of many frameworks: the other instances do not know them (expressjs/session#256)',
    'a different secret or encryption key on each instance, often generated at startup: the other instances refuse the cookie and replace it by a new one (diaspora/diaspora#7659, goharbor/harbor#21060)',
    'form or CSRF tokens in the memory of one process: a login works only on the instance that gave the form (parse-community/parse-dashboard#3015)',
    'sessions that are bound to the client address, while the app sees the address of the balancer (luyadev/luya-module-admin#346)',
    'an app that treats a short outage of the store as "no session": it deletes the cookie, and the user stays signed out afterwards (sourcegraph/sourcegraph-public-snapshot#37016)',
    'two versions of the app during a deploy that cannot read each other’s sessions (spring-projects/spring-session#280)',
  ],
  mend: [
    {
      stack: 'Express',
      how: 'give express-session a shared store (connect-redis, connect-pg-simple) and one secret from the environment',
    },
    {
      stack: 'Django',
      how: 'set SESSION_ENGINE = "…cached_db" or "…db" on a shared database, and one SECRET_KEY for all instances',
    },
    {
      stack: 'Rails',
      how: 'set one secret_key_base for all instances; use the cookie store or a shared cache store',
    },
    {
      stack: 'Laravel',
      how: 'set SESSION_DRIVER to redis or database instead of file, and one APP_KEY for all instances',
    },
    { stack: 'Spring', how: 'use Spring Session on Redis or JDBC instead of the container’s own sessions' },
    {
      stack: 'ASP.NET',
      how: 'store the Data Protection keys where all instances read them; use a distributed cache for session state',
    },
    { stack: 'PHP', how: 'set session.save_handler = redis, and one save_path for all instances' },
    {
      stack: 'balancer',
      how: 'do not rely on sticky sessions: they only hide the problem until an instance is removed',
    },
  ],
  standards: ['OWASP WSTG-SESS-01: testing for session management schema'],
};
