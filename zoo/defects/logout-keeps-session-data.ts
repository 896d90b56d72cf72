import type { Defect } from '../entry.ts';

export const logoutKeepsSessionData: Defect = {
  kind: 'defect',
  name: 'logout-keeps-session-data',
  section: 'isolation',
  broken:
    'The logout takes the user out of the session and leaves the rest, and the login carries over what a visitor had collected. Who logs in next with the same browser finds the cart of the one before.',
  wild: '`logout_user()` and `delete req.session.user` leave the session as it is; the login keeps the cart that somebody filled before logging in, and cannot know whose it was.',
  references: [
    'hmislk/hmis#22508',
    'bluedynamics/bda.plone.shop#41',
    'medusajs/nextjs-starter-medusa#54',
    'maxcountryman/flask-login PR#237 (by design, since 0.3.1)',
  ],
  remedy:
    'End the whole session at logout: `req.session.destroy()`. Carry over at login only what was collected since.',
  needs: ['users'],
  deployment: {
    host: 'plain',
    program: new URL('./logout-keeps-session-data.server.ts', import.meta.url),
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
