import type { Defect } from '../entry.ts';
import { cookieSessions } from '../hosts/plain/cookie-sessions.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const sessionCookieTooLarge: Defect = {
  kind: 'defect',
  name: 'session-cookie-too-large',
  section: 'cookie-policy',
  broken:
    'The whole session is in a cookie, and grows with the data of the user. Above 4096 bytes the browser keeps the old cookie without an error, so the user misses the last changes. Or the balancer refuses the response with 502, because its headers are too large.',
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
  // The defect may also break `isolation`, because a late response can set the previous user's cookie.
  mustNot: ['rotation', 'forgery', 'evidence'],
};

if (import.meta.main) servePlain({ ...cookieSessions, cartLimit: Number.POSITIVE_INFINITY });
