import type { Defect } from '../entry.ts';

export const sessionCookieTooLarge: Defect = {
  kind: 'defect',
  name: 'session-cookie-too-large',
  section: 'cookie-policy',
  broken:
    'The session is in the cookie and grows with what the user puts into it. Beyond 4096 bytes a browser keeps the old cookie and says nothing, and a balancer may refuse the response for its headers.',
  wild: 'Cookie sessions that begin with an id and take up baskets, messages, tokens of other services.',
  references: [
    'expressjs/cookie-session#35',
    'vvo/iron-session#101',
    'bungle/lua-resty-session PR#67',
    'code-dot-org/code-dot-org PR#12301',
    'zelytra/BetterFleet#833',
    'onehashai/Cal-ID PR#1161',
  ],
  remedy:
    'Keep in the cookie what has a bound, and the rest in a store; refuse what would not fit before it is answered.',
  needs: ['size'],
  deployment: {
    host: 'plain',
    program: new URL('./session-cookie-too-large.server.ts', import.meta.url),
  },
  must: { guarantee: 'cookie-policy', anomaly: 'EXPOSED' },
  mustNot: ['isolation', 'rotation', 'forgery', 'evidence'],
};
