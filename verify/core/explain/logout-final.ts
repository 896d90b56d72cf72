import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'logout-final',
  definition:
    'After an acknowledged logout the old cookie is refused, on every instance, up to the end of the run, ' +
    'whatever requests were in flight; no late response sets a cookie that is accepted; ending all sessions ' +
    'of a user ends all. ZOMBIE: an instance still honours the cookie, and never refused it. RISEN: the ' +
    'session had died, and lives again. A late response that sets the dead cookie again is reported; under the claim ' +
    '`strict` it is a violation where it replaces the cookie of a later login. A deletion that misses the cookie’s Path ' +
    'or Domain is reported.',
  picture: `
  1  add "b41"   ├────────────────┤               on app-2   in flight during the logout
  2  logout           ├──┤                        on app-1   acknowledged
  3  read                   ├──┤                  on app-1   refused: the session was dead
  4  read with old cookie            ├──┤         on app-2   signed in: risen`,
  causes: [
    'a request in flight at the logout writes the session back when it ends: save is an upsert and destroy leaves no trace (expressjs/session#632, tj/connect-redis#328, django ticket 21608, GHSA-9j94-67jr-4cqj)',
    'the logout only clears the cookie: stateless or encrypted cookie sessions live on wherever a copy is (GHSA-9wwp-q7wq-jx35, vvo/iron-session#530)',
    'instances keep copies of sessions, and only the one that served the logout forgets its own (redisson/redisson#3498, dotCMS/core#37511)',
    'the store failed to delete, and the logout said OK all the same (oauth2-proxy/oauth2-proxy#1658)',
    'no index from user to sessions, so that “log out everywhere” misses some (pypi/warehouse#10849)',
    'a deletion cookie with another Path or Domain than the cookie: the client keeps sending it (expressjs/express#3941)',
  ],
  mend: [
    {
      stack: 'Express',
      how: 'resave: false, and a store that saves only what exists (SET … XX, a tombstone, or single attributes): stock connect-redis revives a session whose request changed it',
    },
    {
      stack: 'Django',
      how: 'SESSION_ENGINE on the database or cached_db (saves with must_create=False raise UpdateError since 1.10); flush() at logout',
    },
    {
      stack: 'Rails',
      how: 'a server-side store in place of the cookie store, reset_session at logout, rack-session 2.1.1 or later',
    },
    {
      stack: 'Laravel',
      how: 'Auth::logoutOtherDevices or a session table with user ids; session()->invalidate() at logout',
    },
    {
      stack: 'Spring',
      how: 'FindByIndexNameSessionRepository to end all sessions of a user; save only sessions that still exist',
    },
    {
      stack: 'PHP',
      how: 'session_destroy() and an expired cookie of the same path and domain; session locking on',
    },
    {
      stack: 'stateless tokens',
      how: 'a deny list or a version of the user in the store, asked at every request; short-lived tokens otherwise',
    },
  ],
  standards: [
    'OWASP ASVS 5.0 7.4.1: after logout or expiry no further use of the session is possible',
    'OWASP WSTG-SESS-06: testing for logout functionality',
  ],
};
