import type { RequestHandler } from 'express';
import { SessionGoneError } from '../../app/stores/errors.ts';
import { RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import type { Control } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const unequalHosts: Control = {
  kind: 'control',
  name: 'unequal-hosts',
  sound:
    'Two hosts of unequal size: the balancer routes three of four requests to the larger one, as the weights declare. Their clocks differ by 30 s. Only the balancer names the instance. The app redirects to the address of its own host, and the balancer rewrites that address. A request that bypasses the balancer is redirected to the address of the instance.',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
    each: [{}, { CLOCK_AHEAD_MS: '30000' }],
    nginx: {
      perInstance: place => (place === 0 ? 'weight=3' : 'weight=1'),
      server: `
        proxy_redirect ~^http://127\\.0\\.0\\.1:\\d+(/.*)$ $1;
        proxy_hide_header X-Instance-Id;
        add_header X-Served-By $upstream_addr always;`,
    },
  },
  target: {
    instance: { header: 'x-served-by', weights: { 'app-1': 3, 'app-2': 1 } },
    claims: [
      'continuity',
      'isolation',
      'instances-agree',
      { routing: 'spread' },
      'read-your-writes',
      'monotonic-reads',
      'logout-final',
      'rotation',
      'forgery',
      'one-session',
      'cookie-policy',
      'private-responses',
      'availability',
      'evidence',
    ],
  },
};

const AHEAD_MS = Number(process.env['CLOCK_AHEAD_MS'] ?? 0);

/** Each host has its own clock in the Date header, and its own address in redirects. */
const byOwnHost: RequestHandler = ({ socket }, response, next) => {
  response.removeHeader('X-Instance-Id');
  response.set('Date', new Date(Date.now() + AHEAD_MS).toUTCString());
  const { location } = response;
  response.location = url =>
    location.call(response, url.startsWith('/') ? `http://127.0.0.1:${socket.localPort}${url}` : url);
  next();
};

if (import.meta.main)
  servePlain({
    store: redis => new RedisAttributesStore({ client: redis }),
    beforeSession: () => byOwnHost,
    onError(error, request, response, next) {
      if (!(error instanceof SessionGoneError)) return next(error);
      // After a logout, express-session must not save the session again.
      Reflect.deleteProperty(request, 'session');
      response.redirect(303, '/app/login');
    },
  });
