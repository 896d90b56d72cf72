import { servePlain } from '../hosts/plain/serve.ts';
import { save, signIn } from '../hosts/plain/session.ts';

declare module 'express-session' {
  interface SessionData {
    /** Set at each login since release 2. */
    region?: string;
  }
}

servePlain(
  process.env['RELEASE'] !== '2'
    ? {}
    : {
        async signIn(request, user) {
          await signIn(request, user);
          request.session.region = 'north';
          await save(request);
        },
        onSession: () => (request, response, next) => {
          const needed = request.path === '/app/profile' && request.session.user !== undefined;
          if (needed && request.session.region === undefined) response.status(403).send('No region is set.');
          else next();
        },
      },
);
