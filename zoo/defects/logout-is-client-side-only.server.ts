import { servePlain } from '../hosts/plain/serve.ts';

servePlain({
  async signOut(_request, response) {
    response.clearCookie('connect.sid');
  },
});
