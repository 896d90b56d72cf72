import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'rotation',
  definition:
    'The cookies from before the login do not become signed in by it, whoever else holds them, and an id that ' +
    'the client invented is never adopted. Decided by replaying them after the login, never by comparing ' +
    'values: some apps encrypt anew at every response, and cookies that do not carry the session may stay. ' +
    'FIXED: a replay of what was held before the login was signed in.',
  picture: `
  attacker  form                        ├──┤                    gets sid=A, plants it
  victim    login with sid=A                  ├──┤              logged in
  attacker  read with before-login cookie           ├──┤        signed in as the victim`,
  causes: [
    'the login writes the user into the session that is there, and keeps its id (jaredhanson/passport#192, CVE-2023-29019, goravel/goravel#925)',
    'an id that the client sends is taken over where no such session exists (session.use_strict_mode=0 in PHP)',
    'the id changes, and the old record stays signed in beside the new one',
  ],
  mend: [
    {
      stack: 'Express',
      how: 'req.session.regenerate() at login, then save(); passport 0.6 or later does it in req.login',
    },
    { stack: 'Django', how: 'login() rotates the key already: do not write request.session by hand instead' },
    { stack: 'Rails', how: 'reset_session before the user is set' },
    { stack: 'Laravel', how: '$request->session()->regenerate() after Auth::attempt' },
    { stack: 'Spring', how: 'sessionFixation().changeSessionId(), the default: do not switch it off' },
    {
      stack: 'ASP.NET',
      how: 'a fresh authentication cookie at sign-in; Session.Abandon() and a new ASP.NET_SessionId in the old framework',
    },
    { stack: 'PHP', how: 'session.use_strict_mode=1 and session_regenerate_id(true) at login' },
  ],
  standards: [
    'OWASP ASVS 5.0 7.2.4: a new session token is generated at authentication',
    'OWASP WSTG-SESS-03: testing for session fixation',
  ],
};
