import { servePlain } from '../hosts/plain/serve.ts';
import { save } from '../hosts/plain/session.ts';

servePlain({
  // Every visitor gets a session.
  session: { saveUninitialized: true },
  // The login keeps the id of the session that the visitor already has.
  async signIn(request, user) {
    request.session.user = user;
    await save(request);
  },
});
