import type { Defect } from '../entry.ts';

export const parallelFirstRequestsSplitSession: Defect = {
  kind: 'defect',
  name: 'parallel-first-requests-split-session',
  section: 'one-session',
  broken:
    'A visitor without a cookie gets a session with each response, and with the login page a form token that is bound to that session. When a browser opens pages in parallel, the session of one stays and the token of another, and every login is refused until the cookies are deleted.',
  wild: 'Sessions for everybody (`saveUninitialized: true`), with form tokens or the state of an OAuth login bound to them, which are kept once they are there; several tabs at the start of the browser, or a page with frames.',
  references: ['expressjs/session#568', 'expressjs/session#606'],
  remedy:
    'Begin no session before there is something to remember; bind the token of a login form to a cookie of its own.',
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
  // Not continuity: who gets a session with any answer may lose the login to one that comes after it.
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
