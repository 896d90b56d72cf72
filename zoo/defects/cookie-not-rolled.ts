import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const cookieNotRolled: Defect = {
  kind: 'defect',
  name: 'cookie-not-rolled',
  section: 'expiry',
  broken:
    'Each request renews the session in the store, but not the cookie in the browser. The cookie expires a fixed time after the login, whatever the user does.',
  wild: 'The cookie has a `maxAge` without `rolling: true`, so it is sent again only when the session has changed.',
  references: ['expressjs/session#181', 'expressjs/session#189', 'expressjs/session#391'],
  remedy:
    'Send the cookie again when the session is renewed (`rolling: true`), or give it no expiry and let the store decide.',
  needs: ['time'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  target: { expiry: { idle: '4s', renew: 'each' } },
  must: { guarantee: 'expiry', anomaly: 'DRIFT' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

if (import.meta.main) servePlain({ session: { cookie: { httpOnly: true, sameSite: 'lax', maxAge: 4_000 } } });
