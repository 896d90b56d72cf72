import type { RequestHandler } from 'express';
import { SessionGoneError } from '../../app/stores/errors.ts';
import { RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import type { Control } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { plainDoneRight } from './plain-done-right.ts';

export const pagesKeptByBrowsers: Control = {
  kind: 'control',
  name: 'pages-kept-by-browsers',
  sound:
    'Browsers may keep pages of signed-in users, and must ask whether they have changed. The ETag depends on the whole page, which names the user. So after a change, and for another user in the same browser, the app sends the new page instead of a 304.',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  target: { claims: plainDoneRight.target?.['claims'] },
};

/** Express sets an ETag of the whole page, and answers 304 if a browser has this page. */
const kept: RequestHandler = (_request, response, next) => {
  const send = response.send.bind(response);
  response.send = page => {
    response.set('Cache-Control', 'private, no-cache');
    return send(page);
  };
  next();
};

if (import.meta.main)
  servePlain({
    store: redis => new RedisAttributesStore({ client: redis }),
    onSession: () => kept,
    onError(error, request, response, next) {
      if (!(error instanceof SessionGoneError)) return next(error);
      Reflect.deleteProperty(request, 'session');
      response.redirect(303, '/app/login');
    },
  });
