import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const logoutIsClientSideOnly: Defect = {
  kind: 'defect',
  name: 'logout-is-client-side-only',
  section: 'logout-final',
  broken:
    'The logout deletes the cookie in the browser, and leaves the session in the store. A client with a copy of the cookie stays signed in.',
  wild: '`res.clearCookie()` looks sufficient. With a session in the cookie, an app can do nothing else.',
  references: [
    'GHSA-9wwp-q7wq-jx35 (CVE-2024-31999, @fastify/secure-session)',
    'vvo/iron-session#530',
    'CVE-2022-25896 (passport before 0.6)',
    'EpicGames/PixelStreamingInfrastructure-archived-2024 PR#35',
  ],
  remedy:
    'Destroy the session at logout: `req.session.destroy()`. With sessions in cookies, keep their lifetime short, and keep a list of revoked sessions.',
  needs: ['replay'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
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

if (import.meta.main)
  servePlain({
    async signOut(_request, response) {
      response.clearCookie('connect.sid');
    },
  });
