import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'one-session',
  definition:
    'After parallel first requests of one fresh jar, the login that follows succeeds and its session lives, ' +
    'as it does without parallel first requests. Several empty sessions that the server made for one jar are ' +
    'reported, and are no violation. FORK: the login was refused, or its session lost, after requests that overlapped ' +
    'before there was a cookie.',
  picture: `
  1  form    ├──────┤             on app-1   sets sid=A, token for A
  2  form      ├──────┤           on app-2   sets sid=B over it
  3  login                ├──┤    on app-1   403: the token belongs to A`,
  causes: [
    'each request without a cookie mints a session, and each response sets its own: all but the last are orphans, with what they hold (expressjs/session#568, #606)',
    'the form token of one orphan is posted with the cookie of another',
    'a page and its scripts, pictures and API calls all start sessions at once',
  ],
  mend: [
    { stack: 'Express', how: 'saveUninitialized: false: no session until there is something to keep' },
    {
      stack: 'every app',
      how: 'bind form tokens to a cookie of their own, set once (double submit), instead of to an anonymous session',
    },
    { stack: 'front end', how: 'let the first page come back before anything else of the app is asked for' },
    { stack: 'nginx, CDN', how: 'serve static files without passing them to the app' },
  ],
  standards: [],
};
