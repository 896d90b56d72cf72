import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const cookieLifetimeDiffers: Defect = {
  kind: 'defect',
  name: 'cookie-lifetime-differs',
  section: 'instances-agree',
  broken:
    'One instance sets session cookies for half an hour, the other for two hours. How long a user stays signed in depends on the instance that responded last.',
  wild: 'A deploy stopped half way, a default changed between versions, or one host has a setting in its own file.',
  references: ['authelia/authelia#1059'],
  remedy: 'Give all instances one configuration, and end a deploy only when all instances run it.',
  needs: ['instances'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
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

const maxAge = Number(process.env['COOKIE_MINUTES']) * 60_000;

if (import.meta.main)
  servePlain({ session: { rolling: true, cookie: { httpOnly: true, sameSite: 'lax', maxAge } } });
