import { serve } from '../../app/serve.ts';
import { abandon, signedInUser } from '../../app/session.ts';

declare module 'express-session' {
  interface SessionData {
    address?: string;
  }
}

await serve({
  onSession(request, _response, next) {
    if (signedInUser(request) !== undefined) {
      request.session.address ??= request.ip ?? '';
      if (request.session.address !== request.ip) abandon(request);
    }
    next();
  },
});
