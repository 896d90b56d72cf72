import { cookieSessions } from '../hosts/plain/cookie-sessions.ts';
import { servePlain } from '../hosts/plain/serve.ts';

servePlain({
  ...cookieSessions,
  async signOut(_request, response) {
    response.append('Set-Cookie', ['session=; Max-Age=0', 'session.sig=; Max-Age=0']);
  },
});
