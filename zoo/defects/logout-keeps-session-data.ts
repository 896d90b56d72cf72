import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { save, signIn } from '../hosts/plain/session.ts';

export const logoutKeepsSessionData: Defect = {
  kind: 'defect',
  name: 'logout-keeps-session-data',
  section: 'isolation',
  broken:
    'The logout removes the user from the session and keeps the rest, and the login carries over the cart of the visitor. The next user of the same browser gets the cart of the previous user.',
  wild: '`logout_user()` and `delete req.session.user` keep the other data of the session. The login keeps a cart that was filled before, and cannot know which user filled it.',
  references: [
    'hmislk/hmis#22508',
    'bluedynamics/bda.plone.shop#41',
    'medusajs/nextjs-starter-medusa#54',
    'maxcountryman/flask-login PR#237 (by design, since 0.3.1)',
  ],
  remedy:
    'End the whole session at logout: `req.session.destroy()`. Carry over at login only data from after the last logout.',
  needs: ['users'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'isolation', anomaly: 'BLEED' },
  mustNot: [
    'continuity',
    'routing',
    'instances-agree',
    'rotation',
    'forgery',
    'cookie-policy',
    'private-responses',
    'availability',
    'evidence',
  ],
};

if (import.meta.main)
  servePlain({
    async signIn(request, user) {
      const { cart } = request.session;
      await signIn(request, user);
      if (cart === undefined) return;
      request.session.cart = cart;
      await save(request);
    },
    async signOut(request) {
      delete request.session.user;
      await save(request);
    },
  });
