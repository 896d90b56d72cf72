/** Explains the guarantees on login, logout, expiry, token refresh, and refused cookies. */
import type { Explanation } from './explanation.ts';

export const logins: readonly Explanation[] = [
  {
    guarantee: 'logout-final',
    definition:
      'After an acknowledged logout every instance refuses the old cookie, up to the end of the run, whatever ' +
      'requests were in flight. No late response sets a cookie that is accepted. A logout of all sessions of a ' +
      'user ends all of them. ZOMBIE: an instance still honours the cookie, and never refused it. RISEN: the ' +
      'session was refused, and is honoured again. A late response that sets the dead cookie again is reported. ' +
      'Under the claim `strict` a late response that replaces or deletes the cookie of a later login is a ' +
      'violation. A deletion with another Path or Domain than the cookie is reported.',
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
        how: 'set resave: false, and use a store that saves only existing sessions (SET … XX, a tombstone, or single attributes); the unchanged connect-redis revives a session that the late request changed',
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
  },
  {
    guarantee: 'rotation',
    definition:
      'The login does not sign in cookies that were set before it: an attacker may hold them too. The app never ' +
      'adopts an id that the client invented. Both are decided by replaying the cookies after the login, never by ' +
      'comparing values: some apps encrypt the cookie anew at every response, and cookies that do not carry the ' +
      'session may stay. FIXED: a replay of a cookie from before the login was signed in.',
    picture: `
  attacker  form                        ├──┤                    gets sid=A, plants it
  victim    login with sid=A                  ├──┤              logged in
  attacker  read with before-login cookie           ├──┤        signed in as the victim`,
    causes: [
      'a login that writes the user into the existing session, and keeps its id (jaredhanson/passport#192, CVE-2023-29019, goravel/goravel#925)',
      'an app that creates a session under any id that the client sends (session.use_strict_mode=0 in PHP)',
      'a login that changes the id, but leaves the old session record signed in',
    ],
    mend: [
      {
        stack: 'Express',
        how: 'call req.session.regenerate() at login, then save(); passport 0.6 or later does it in req.login',
      },
      {
        stack: 'Django',
        how: 'use login(), which rotates the key; do not write the user into request.session by hand',
      },
      { stack: 'Rails', how: 'call reset_session before you set the user' },
      { stack: 'Laravel', how: 'call $request->session()->regenerate() after Auth::attempt' },
      { stack: 'Spring', how: 'keep sessionFixation().changeSessionId(), which is the default' },
      {
        stack: 'ASP.NET',
        how: 'issue a new authentication cookie at login; in the old framework, call Session.Abandon() and issue a new ASP.NET_SessionId',
      },
      { stack: 'PHP', how: 'set session.use_strict_mode=1, and call session_regenerate_id(true) at login' },
    ],
    standards: [
      'OWASP ASVS 5.0 7.2.4: a new session token is generated at authentication',
      'OWASP WSTG-SESS-03: testing for session fixation',
    ],
  },
  {
    guarantee: 'forgery',
    definition:
      'A session cookie whose value was changed is never signed in, on any instance, and never breaks the app (a ' +
      '500). A change is one of these: another character inside a part of the value, a cut value, an empty ' +
      'value, or parts of two cookies spliced together. Dots and similar characters separate the parts. The last ' +
      'character of a part is never changed, because the original and the changed value may decode to the same ' +
      'bytes. The part by which a balancer routes is not changed either. The statuses 429, 502, 503 and 504 say ' +
      'nothing about the cookie. FORGED: a changed cookie was signed in, or broke the app.',
    picture: `
  1  login                              ├──┤          sid=s:Rk3…a9.kP…    logged in
  2  read with forged cookie (flip)           ├──┤    sid=s:Rk3…b9.kP…    500`,
    causes: [
      'an app that trusts the content of an unsigned or unencrypted cookie, such as user ids or roles',
      'a signature that is not checked everywhere, or only in part',
      'an exception for a cookie that cannot be decoded: the app responds 500 until the user deletes the cookie by hand (expressjs/session#591)',
      'an old signing key or algorithm that one instance still accepts (the “none” of JWT libraries)',
    ],
    mend: [
      {
        stack: 'Express',
        how: 'use cookie-session with keys, or express-session with a secret; catch exceptions of decoding, and treat them as no session',
      },
      {
        stack: 'every app',
        how: 'use random ids of 128 bits without meaning, and look them up in the store; sign or seal everything else with a current key',
      },
      { stack: 'JWT', how: 'pin the algorithm and the key; verify on every instance' },
      {
        stack: 'Rails',
        how: 'use encrypted cookies, the default; do not rescue ActiveSupport::MessageEncryptor::InvalidMessage',
      },
    ],
    standards: [
      'OWASP ASVS 5.0 7.2.1: session tokens are verified by a trusted service',
      'OWASP ASVS 5.0 7.2.2 and 7.2.3: tokens are generated dynamically, with enough entropy',
    ],
  },
  {
    guarantee: 'one-session',
    definition:
      'After parallel first requests of one new cookie jar, the login that follows succeeds and its session ' +
      'lives, as it does without parallel first requests. If the server made several empty sessions for one ' +
      'jar, that is reported, and is not a violation. FORK: first requests overlapped before the jar had a ' +
      'cookie, and then the login was refused, or its session was lost.',
    picture: `
  1  form    ├──────┤             on app-1   sets sid=A, token for A
  2  form      ├──────┤           on app-2   replaces it by sid=B
  3  login                ├──┤    on app-1   403: the token belongs to A`,
    causes: [
      'a new session for each request without a cookie: each response sets its own cookie, and all sessions but the last are lost with their data (expressjs/session#568, #606)',
      'a form token of one anonymous session that is posted with the cookie of another',
      'a page whose scripts, images and API calls all start sessions at once',
    ],
    mend: [
      { stack: 'Express', how: 'set saveUninitialized: false, so that no session begins before it has data' },
      {
        stack: 'every app',
        how: 'bind form tokens to a separate cookie that is set once (double submit), and not to an anonymous session',
      },
      {
        stack: 'front end',
        how: 'wait for the response of the first page before you send other requests to the app',
      },
      { stack: 'nginx, CDN', how: 'serve static files without passing them to the app' },
    ],
    standards: [],
  },
  {
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
      {
        stack: 'Spring',
        how: 'set server.servlet.session.timeout, and add a filter for the absolute timeout',
      },
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
  },
  {
    guarantee: 'token-refresh',
    definition:
      'This guarantee is about sessions whose access token is refreshed. No instance refuses an unused refresh ' +
      'token. Where the target file declares `grace`, overlapping refreshes, a refresh whose response was lost, and ' +
      'a retry on another instance leave one live session. Without `grace`, a session that ends in one of these ' +
      'ways is only reported. A replaced refresh token is refused after the grace period. Under `reuse: ' +
      'ends-session` it ends the session. After a logout, every instance refuses the refresh tokens of the session. ' +
      'It refuses the access tokens when they expire, or at once under `revokes: access`. EVICTED: a client that ' +
      'followed the protocol lost its session. REUSED: a spent or revoked token was accepted. The tolerance of each ' +
      'time is 2 s or 5 %, whichever is larger.',
    picture: `
  1  refresh with A   ├─────────┤               on app-1   new tokens: B
  2  refresh with A      ├────────┤             on app-2   400: A is spent, so the session ends
  3  refresh with B                  ├──┤       on app-1   400: evicted`,
    causes: [
      'a second use of a refresh token counts as theft at once, without a period for overlapping requests (supabase/supabase#50289, PrefectHQ/fastmcp#4901)',
      'a lock that expires while the refresh is in flight, so that two instances send the same token (oauth2-proxy/oauth2-proxy#3456)',
      'two instances that each replace the token: the second write wins, and the tokens of the first response are dead (grafana/grafana#98195)',
      'a grace period in the memory of one instance: a retry on another instance ends the session',
      'refresh tokens that are signed and not stored: each of them works until it expires',
      'a logout that only deletes the tokens in the browser, and ends nothing on the server',
      'a refresh in flight that writes the session back after the logout',
    ],
    mend: [
      {
        stack: 'every app',
        how: 'replace the token in one step in the shared store; for some seconds answer the old token with its successor; end the session when the old token comes later',
      },
      {
        stack: 'front end',
        how: 'let one request refresh while the others wait for it (a promise in one tab, navigator.locks over all tabs)',
      },
      {
        stack: 'Express, Node',
        how: 'in Redis, use one Lua script or SET … NX with the old token as the key; never GET and then SET',
      },
      {
        stack: 'oauth2-proxy',
        how: 'keep sessions in Redis, and use a version whose lock lasts as long as the refresh',
      },
      {
        stack: 'identity provider',
        how: 'set a reuse interval: 10 s in Supabase (refresh_token_reuse_interval), a leeway in Auth0, a grace period in Okta',
      },
      {
        stack: 'JWT',
        how: 'store an id of the current refresh token for each session; keep access tokens short-lived, or check a deny list in the store',
      },
    ],
    standards: [
      'OWASP ASVS 5.0 10.4.5: replays of refresh tokens are mitigated; a used token ends the authorization',
      'RFC 9700, 4.14.2: refresh token rotation',
    ],
  },
];
