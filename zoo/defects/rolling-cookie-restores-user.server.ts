import { cookieSessions } from '../hosts/plain/cookie-sessions.ts';
import { servePlain } from '../hosts/plain/serve.ts';

servePlain({
  ...cookieSessions,
  // Each response sets the cookie again, with the time of the request.
  onSession: () => (request, _response, next) => {
    if (request.session?.user !== undefined) Reflect.set(request.session, 'seen', Date.now());
    next();
  },
});
