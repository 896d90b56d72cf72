import { randomBytes } from 'node:crypto';
import { servePlain } from '../hosts/plain/serve.ts';

declare module 'express-session' {
  interface SessionData {
    formToken?: string;
  }
}

servePlain({
  session: { saveUninitialized: true },
  formField(request) {
    request.session.formToken ??= randomBytes(16).toString('hex');
    return `<input type="hidden" name="token" value="${request.session.formToken}">`;
  },
  onSession: () => (request, response, next) => {
    const guarded = request.method === 'POST' && request.path === '/app/login';
    const { formToken } = request.session;
    if (!guarded || (formToken !== undefined && formToken === request.body?.token)) next();
    else response.status(403).send('This form is out of date. Reload the page and send it again.');
  },
});
