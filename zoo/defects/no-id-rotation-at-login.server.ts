import { servePlain } from '../hosts/plain/serve.ts';
import { save } from '../hosts/plain/session.ts';

servePlain({
  // Every visitor gets a session …
  session: { saveUninitialized: true },
  // … and the login keeps it.
  async signIn(request, user) {
    request.session.user = user;
    await save(request);
  },
});
