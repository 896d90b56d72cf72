import type { Defect } from '../entry.ts';

export const cookieLifetimeDiffers: Defect = {
  kind: 'defect',
  name: 'cookie-lifetime-differs',
  section: 'instances-agree',
  broken:
    'One instance gives out session cookies for half an hour, the other for two hours: how long a user stays signed in depends on which one answered last.',
  wild: 'A deploy that stopped half way, a default that changed between versions, a setting that one host has from its own file.',
  references: ['authelia/authelia#1059'],
  remedy: 'Give all instances one configuration, and let a deploy end only when all run it.',
  needs: ['instances'],
  deployment: {
    host: 'plain',
    program: new URL('./cookie-lifetime-differs.server.ts', import.meta.url),
    each: [{ COOKIE_MINUTES: '30' }, { COOKIE_MINUTES: '120' }],
  },
  must: { guarantee: 'instances-agree', anomaly: 'SKEW' },
  mustNot: [
    'continuity',
    'isolation',
    'routing',
    'read-your-writes',
    'monotonic-reads',
    'rotation',
    'forgery',
    'one-session',
    'cookie-policy',
    'private-responses',
    'availability',
    'evidence',
  ],
};
