import type { Defect } from '../entry.ts';

export const logoutIsClientSideOnly: Defect = {
  kind: 'defect',
  name: 'logout-is-client-side-only',
  section: 'logout-final',
  broken:
    'The logout tells the browser to forget the cookie, and leaves the session in the store. Who has a copy of the cookie stays signed in.',
  wild: '`res.clearCookie()` looks as if it did it, and with a session in the cookie there is nothing else to do.',
  references: [
    'GHSA-9wwp-q7wq-jx35 (CVE-2024-31999, @fastify/secure-session)',
    'vvo/iron-session#530',
    'CVE-2022-25896 (passport before 0.6)',
    'EpicGames/PixelStreamingInfrastructure-archived-2024 PR#35',
  ],
  remedy:
    'Destroy the session at logout: `req.session.destroy()`. With sessions in cookies, keep them short and a list of those that were ended.',
  needs: ['replay'],
  deployment: {
    host: 'plain',
    program: new URL('./logout-is-client-side-only.server.ts', import.meta.url),
  },
  must: { guarantee: 'logout-final', anomaly: 'ZOMBIE' },
  mustNot: [
    'continuity',
    'isolation',
    'routing',
    'rotation',
    'forgery',
    'availability',
    'evidence',
    'instances-agree',
    'cookie-policy',
  ],
};
