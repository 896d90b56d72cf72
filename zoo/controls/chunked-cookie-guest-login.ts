import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { SessionGoneError } from '../../app/stores/errors.ts';
import { RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import type { Control } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { plainDoneRight } from './plain-done-right.ts';

export const chunkedCookieGuestLogin: Control = {
  kind: 'control',
  name: 'chunked-cookie-guest-login',
  sound:
    'The session is in one cookie or in two by turns, and each response deletes the cookies that it does not need. The login redirects to the page of its form, which redirects signed-in users into the app. The cart is read as JSON, which names no user and is shown only to signed-in clients.',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  target: {
    probes: [
      {
        object: 'cart',
        kind: 'list',
        read: { path: '/app/cart.json', items: { json: '/*' } },
        add: { path: '/app/cart', form: { item: '{value}' } },
        remove: { path: '/app/cart/remove', form: { item: '{value}' } },
      },
    ],
    ...plainDoneRight.target,
  },
};

const SID = 'connect.sid';
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Lax';
const gone = (name: string): string => `${name}=; Path=/; Max-Age=0`;

let answers = 0;

/** Every second session cookie has two chunks. */
function chunks(value: string): string[] {
  const [first, second] = answers++ % 2 === 0 ? [value, ''] : [value.slice(0, 40), value.slice(40)];
  const set = (name: string, text: string) => `${name}=${encodeURIComponent(text)}; ${ATTRIBUTES}`;
  return [set('s.0', first), second === '' ? gone('s.1') : set('s.1', second)];
}

/** Splits the session cookie of express-session into chunks, and joins the chunks of a request. */
const chunked: RequestHandler = (request, response, next) => {
  const held = request.cookies as Record<string, string | undefined>;
  const value = held['s.0'] === undefined ? '' : held['s.0'] + (held['s.1'] ?? '');
  request.headers.cookie = value === '' ? '' : `${SID}=${encodeURIComponent(value)}`;
  (request as { cookies?: unknown }).cookies = undefined;
  split(request, response, value);
  next();
};

function split(request: IncomingMessage, response: ServerResponse, value: string): void {
  const { writeHead } = response;
  response.writeHead = ((...args: Parameters<typeof writeHead>) => {
    const lines = [response.getHeader('set-cookie') ?? []].flat().map(String);
    const own = lines.findLast(line => line.startsWith(`${SID}=`));
    const set = own === undefined ? value : decodeURIComponent(/^[^=]*=([^;]*)/.exec(own)?.[1] ?? '');
    const out = set === '' || request.url === '/app/logout';
    if (own !== undefined || value !== '')
      response.setHeader('set-cookie', out ? [gone('s.0'), gone('s.1')] : chunks(set));
    return writeHead.apply(response, args);
  }) as typeof writeHead;
}

/** The login page redirects signed-in users, as with Laravel's `guest`. */
const guest: RequestHandler = (request, response, next) => {
  const signedIn = request.session?.user !== undefined;
  if (request.path === '/app/login' && signedIn) return response.redirect(303, '/app/dashboard');
  if (request.path === '/app/login' && request.method === 'POST') {
    const redirect = response.redirect.bind(response);
    response.redirect = () => redirect(303, '/app/login');
  }
  if (request.path !== '/app/cart.json') return next();
  if (!signedIn) response.status(401).json({ error: 'sign in' });
  else response.set('Cache-Control', 'private, no-store').json(request.session.cart ?? []);
};

if (import.meta.main)
  servePlain({
    store: redis => new RedisAttributesStore({ client: redis }),
    session: { saveUninitialized: true },
    beforeSession: () => chunked,
    onSession: () => guest,
    onError(error, request, response, next) {
      if (!(error instanceof SessionGoneError)) return next(error);
      Reflect.deleteProperty(request, 'session');
      response.redirect(303, '/app/login');
    },
  });
