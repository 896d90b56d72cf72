import type { RequestHandler } from 'express';
import { SessionGoneError } from '../../app/stores/errors.ts';
import { RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import { servePlain } from '../hosts/plain/serve.ts';

const AHEAD_MS = Number(process.env['CLOCK_AHEAD_MS'] ?? 0);

/** Sets the Date header to the time on this host's clock, and redirects to this host's own address. */
const byOwnHost: RequestHandler = ({ socket }, response, next) => {
  response.removeHeader('X-Instance-Id');
  response.set('Date', new Date(Date.now() + AHEAD_MS).toUTCString());
  const { location } = response;
  response.location = url =>
    location.call(response, url.startsWith('/') ? `http://127.0.0.1:${socket.localPort}${url}` : url);
  next();
};

servePlain({
  store: redis => new RedisAttributesStore({ client: redis }),
  beforeSession: () => byOwnHost,
  onError(error, request, response, next) {
    if (!(error instanceof SessionGoneError)) return next(error);
    // The session was logged out during this request. Without a session object, nothing is saved after its response.
    Reflect.deleteProperty(request, 'session');
    response.redirect(303, '/app/login');
  },
});
