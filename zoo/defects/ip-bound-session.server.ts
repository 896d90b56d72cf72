import { serve } from '../../app/serve.ts';
import { abandon, signedInUser } from '../../app/session.ts';

declare module 'express-session' {
  interface SessionData {
    address?: string;
  }
}

await serve({
  onSession(request, _response, next) {
    // A login is accepted from any address.
    if (signedInUser(request) !== undefined && request.path !== '/login') {
      request.session.address ??= request.ip ?? '';
      if (request.session.address !== request.ip) abandon(request);
    }
    next();
  },
});
