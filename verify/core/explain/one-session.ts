import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
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
    'a form token of one such session that is posted with the cookie of another',
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
};
