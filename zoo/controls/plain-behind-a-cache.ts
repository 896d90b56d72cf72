import type { Request, RequestHandler, Response } from 'express';
import { SessionGoneError } from '../../app/stores/errors.ts';
import { RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import type { Control } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { plainDoneRight } from './plain-done-right.ts';

export const plainBehindACache: Control = {
  kind: 'control',
  name: 'plain-behind-a-cache',
  sound:
    'A cache before the balancer stores no page, and reports that with `Age: 0` and `X-Cache: MISS, HIT-FOR-PASS`. The app requires a second cookie beside the session cookie: `logged_in=1`, the same for every user. One read with a changed cookie gets a 504 from a gateway, so availability is not claimed.',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
    nginx: {
      server: `
    add_header Age 0 always;
    add_header X-Cache "MISS, HIT-FOR-PASS" always;`,
    },
  },
  target: {
    claims: [plainDoneRight.target?.['claims']].flat().filter(claim => claim !== 'availability'),
  },
};

/** The cache responds with 504 to the fifth read with an invalid session cookie. */
const UNLUCKY = 5;
let strange = 0;

const flagged: RequestHandler = (request, response, next) => {
  const { session, cookies } = request;
  const changed = cookies['connect.sid'] !== undefined && session.user === undefined;
  if (changed && request.path === '/app/dashboard' && ++strange === UNLUCKY)
    return response.status(504).send('<h1>504 Gateway Time-out</h1>');
  if (session.user !== undefined && cookies['logged_in'] !== '1' && request.path.startsWith('/app/'))
    return response.redirect(303, '/app/login');
  if (request.path === '/app/login' && request.method === 'POST') flagsLogin(request, response);
  next();
};

/** The login also sets a cookie for scripts in pages, whose value is the same for all users. */
function flagsLogin(request: Request, response: Response): void {
  const redirect = response.redirect.bind(response) as (status: number, to: string) => void;
  response.redirect = ((status: number, to: string) => {
    if (request.session.user !== undefined) response.append('Set-Cookie', 'logged_in=1; Path=/');
    redirect(status, to);
  }) as Response['redirect'];
}

if (import.meta.main)
  servePlain({
    store: redis => new RedisAttributesStore({ client: redis }),
    onSession: () => flagged,
    onError(error, request, response, next) {
      if (!(error instanceof SessionGoneError)) return next(error);
      Reflect.deleteProperty(request, 'session');
      response.redirect(303, '/app/login');
    },
  });
