import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'logout-final',
  definition:
    'After an acknowledged logout every instance refuses the old cookie, up to the end of the run, whatever ' +
    'requests were in flight. No late response sets a cookie that is accepted. A logout of all sessions of a ' +
    'user ends all of them. ZOMBIE: an instance still honours the cookie, and never refused it. RISEN: the ' +
    'session was refused, and is honoured again. A late response that sets the dead cookie again is reported. ' +
    'Under the claim `strict` it is a violation if it replaces the cookie of a later login. A deletion with ' +
    'another Path or Domain than the cookie is reported.',
  picture: `
  1  add "b41"   ├────────────────┤               on app-2   in flight during the logout
  2  logout           ├──┤                        on app-1   acknowledged
  3  read                   ├──┤                  on app-1   refused: the session is dead
  4  read with old cookie            ├──┤         on app-2   signed in: risen`,
  causes: [
    'a request in flight during the logout that writes the session back when it ends: save is an upsert, and destroy leaves no trace (expressjs/session#632, tj/connect-redis#328, django ticket 21608, GHSA-9j94-67jr-4cqj)',
    'a logout that only deletes the cookie: every copy of a stateless or encrypted cookie stays valid (GHSA-9wwp-q7wq-jx35, vvo/iron-session#530)',
    'copies of sessions on each instance: only the instance that served the logout deletes its copy (redisson/redisson#3498, dotCMS/core#37511)',
    'a logout that reports success although the store failed to delete the session (oauth2-proxy/oauth2-proxy#1658)',
    'no index from users to sessions, so that “log out everywhere” misses some sessions (pypi/warehouse#10849)',
    'a deletion with another Path or Domain than the cookie: the client keeps sending the cookie (expressjs/express#3941)',
  ],
  mend: [
    {
      stack: 'Express',
      how: 'set resave: false, and use a store that saves only existing sessions (SET … XX, a tombstone, or single attributes); connect-redis as it is revives a session that the late request changed',
    },
    {
      stack: 'Django',
      how: 'set SESSION_ENGINE to the database or cached_db (saves with must_create=False raise UpdateError since 1.10); call flush() at logout',
    },
    {
      stack: 'Rails',
      how: 'use a server-side store instead of the cookie store, reset_session at logout, and rack-session 2.1.1 or later',
    },
    {
      stack: 'Laravel',
      how: 'use Auth::logoutOtherDevices or a session table with user ids; call session()->invalidate() at logout',
    },
    {
      stack: 'Spring',
      how: 'use FindByIndexNameSessionRepository to end all sessions of a user; save only sessions that still exist',
    },
    {
      stack: 'PHP',
      how: 'call session_destroy(), and expire the cookie with the same path and domain; switch session locking on',
    },
    {
      stack: 'stateless tokens',
      how: 'keep a deny list, or a version of each user, in the store and check it at every request; if that is not possible, use short-lived tokens',
    },
  ],
  standards: [
    'OWASP ASVS 5.0 7.4.1: after logout or expiry the session cannot be used any more',
    'OWASP WSTG-SESS-06: testing for logout functionality',
  ],
};
