import { createHmac, randomBytes } from 'node:crypto';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

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
    program: new URL(import.meta.url),
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
  // The defect may also break `continuity`, because a late response can replace the cookie that the login has set.
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

/** Returns a form token that is valid for one session only. */
function tokenFor(sid: string, salt = randomBytes(8).toString('hex')): string {
  const key = process.env['SESSION_SECRET'] ?? '';
  return `${salt}-${createHmac('sha256', key).update(`${sid} ${salt}`).digest('hex')}`;
}

if (import.meta.main)
  servePlain({
    session: { saveUninitialized: true },
    formField: request => `<input type="hidden" name="token" value="${request.cookies.csrf}">`,
    onSession: () => (request, response, next) => {
      if (request.path !== '/app/login') return next();
      if (request.method === 'GET') {
        // Keeps the browser's form token, so that a form in another tab stays valid.
        const { csrf } = request.cookies;
        request.cookies.csrf = csrf ?? tokenFor(request.sessionID);
        if (!csrf) response.cookie('csrf', request.cookies.csrf, { httpOnly: true, sameSite: 'lax' });
        return next();
      }
      const token = String(request.body?.token);
      const good =
        token === request.cookies.csrf && token === tokenFor(request.sessionID, token.split('-')[0]);
      if (!good) return void response.status(403).send('This form is out of date. Reload the page.');
      // The login creates a new session, for which the old form token is invalid.
      response.clearCookie('csrf', { httpOnly: true, sameSite: 'lax' });
      next();
    },
  });
