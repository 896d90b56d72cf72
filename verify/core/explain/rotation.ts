import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'rotation',
  definition:
    'The cookies that were set before the login do not become signed in by it: an attacker may hold them too. The app never ' +
    'adopts an id that the client invented. Both are decided by replaying the cookies after the login, never ' +
    'by comparing values: some apps encrypt the cookie anew at every response, and cookies that do not carry ' +
    'the session may stay. FIXED: a replay of a cookie from before the login was signed in.',
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
};
