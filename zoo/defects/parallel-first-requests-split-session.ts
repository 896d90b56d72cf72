import type { Defect } from '../entry.ts';

export const parallelFirstRequestsSplitSession: Defect = {
  kind: 'defect',
  name: 'parallel-first-requests-split-session',
  section: 'one-session',
  broken:
    'A visitor without a cookie gets a session with each response, and with the login page a form token that is bound to that session. When a browser opens pages in parallel, it keeps the session of one page and the token of another. Every login is refused until the cookies are deleted.',
  wild: 'Every visitor gets a session (`saveUninitialized: true`), and form tokens or the state of an OAuth login are bound to it and never replaced. Several tabs at the start of the browser, or a page with frames, trigger it.',
  references: ['expressjs/session#568', 'expressjs/session#606'],
  remedy:
    'Begin no session before there is data to store, and bind the token of a login form to a separate cookie.',
  needs: ['overlap', 'first contact'],
  deployment: {
    host: 'plain',
    program: new URL('./parallel-first-requests-split-session.server.ts', import.meta.url),
  },
  target: {
    csrf: 'name="token" value="([^"]*)"',
    login: {
      page: '/app/login',
      path: '/app/login',
      form: { email: '{user}', password: '{password}', token: '{csrf}' },
    },
  },
  must: { guarantee: 'one-session', anomaly: 'FORK' },
  // continuity is not listed: each response may set a new session, and a late one may replace that of the login.
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
