import { Router } from 'express';
import { servePlain } from '../hosts/plain/serve.ts';
import { save } from '../hosts/plain/session.ts';
import { oldPassport } from '../stores/old-libraries.ts';

const passport = oldPassport();

servePlain({
  session: { saveUninitialized: true },
  onSession: () => Router().use(passport.initialize(), passport.session()),
  async signIn(request, user) {
    await new Promise<void>((resolve, reject) =>
      request.logIn({ id: user } as Express.User, error => (error ? reject(error) : resolve())),
    );
    request.session.user = user;
    await save(request);
  },
});
