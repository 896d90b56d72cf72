import { createHmac, randomBytes } from 'node:crypto';
import { servePlain } from '../hosts/plain/serve.ts';

/** Returns a form token that is valid for one session only. */
function tokenFor(sid: string, salt = randomBytes(8).toString('hex')): string {
  const key = process.env['SESSION_SECRET'] ?? '';
  return `${salt}-${createHmac('sha256', key).update(`${sid} ${salt}`).digest('hex')}`;
}

servePlain({
  session: { saveUninitialized: true },
  formField: request => `<input type="hidden" name="token" value="${request.cookies.csrf}">`,
  onSession: () => (request, response, next) => {
    if (request.path !== '/app/login') return next();
    if (request.method === 'GET') {
      // An existing token is kept, so that a form in another tab stays valid.
      const { csrf } = request.cookies;
      request.cookies.csrf = csrf ?? tokenFor(request.sessionID);
      if (!csrf) response.cookie('csrf', request.cookies.csrf, { httpOnly: true, sameSite: 'lax' });
      return next();
    }
    const token = String(request.body?.token);
    const good = token === request.cookies.csrf && token === tokenFor(request.sessionID, token.split('-')[0]);
    if (!good) return void response.status(403).send('This form is out of date. Reload the page.');
    // The login creates a new session. This token is not valid for it.
    response.clearCookie('csrf', { httpOnly: true, sameSite: 'lax' });
    next();
  },
});
