import type { Defect } from '../entry.ts';
import { cookieSessions } from '../hosts/plain/cookie-sessions.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const sessionCookieTooLarge: Defect = {
  kind: 'defect',
  name: 'session-cookie-too-large',
  section: 'cookie-policy',
  broken:
    'The session is in the cookie, and grows with the data of the user. Above 4096 bytes a browser keeps the old cookie without an error, and a balancer may refuse the response for its large headers.',
  wild: 'A cookie session begins with an id, and later also holds baskets, messages and tokens of other services.',
  references: [
    'expressjs/cookie-session#35',
    'vvo/iron-session#101',
    'bungle/lua-resty-session PR#67',
    'code-dot-org/code-dot-org PR#12301',
    'zelytra/BetterFleet#833',
    'onehashai/Cal-ID PR#1161',
  ],
  remedy:
    'Keep only data of limited size in the cookie, and the rest in a store. Refuse a write that would not fit, before the response.',
  needs: ['size'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'cookie-policy', anomaly: 'EXPOSED' },
  // isolation is not listed: a late response may restore the previous user (rolling-cookie-restores-user).
  mustNot: ['rotation', 'forgery', 'evidence'],
};

if (import.meta.main) servePlain({ ...cookieSessions, cartLimit: Number.POSITIVE_INFINITY });
