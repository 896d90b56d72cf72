import { Router } from 'express';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { save } from '../hosts/plain/session.ts';
import { oldPassport } from '../stores/old-libraries.ts';

export const oldPassportKeepsSessionId: Defect = {
  kind: 'defect',
  name: 'old-passport-keeps-session-id',
  section: 'rotation',
  broken:
    'The `logIn` of passport 0.5.3 writes the user into the session that the visitor already has. A cookie from before the login is then signed in.',
  wild: 'Until version 0.6.0 passport left the new session id to the app, and few apps knew that (CVE-2022-25896).',
  references: ['jaredhanson/passport#192', 'GHSA-v923-w3x8-wh69 (CVE-2022-25896)'],
  remedy: 'Use passport 0.6.0 or later, which gives the session a new id at each login.',
  needs: ['replay'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'rotation', anomaly: 'FIXED' },
  mustNot: ['isolation', 'instances-agree', 'routing', 'forgery', 'availability', 'evidence'],
};

if (import.meta.main) {
  const passport = oldPassport(); // passport adds methods to all requests of this process
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
}
