import type { Defect } from '../entry.ts';

export const cookieNotRolled: Defect = {
  kind: 'defect',
  name: 'cookie-not-rolled',
  section: 'expiry',
  broken:
    'The session in the store is renewed with each request, the cookie in the browser is not: it ends a fixed time after the login, whatever the user does.',
  wild: 'A `maxAge` without `rolling: true`; the cookie is sent again only when the session has changed.',
  references: ['expressjs/session#181', 'expressjs/session#189', 'expressjs/session#391'],
  remedy:
    'Send the cookie again when the session is renewed (`rolling: true`), or give it no expiry and let the store decide.',
  needs: ['time'],
  deployment: {
    host: 'plain',
    program: new URL('./cookie-not-rolled.server.ts', import.meta.url),
  },
  target: { expiry: { idle: '4s', renew: 'each' } },
  must: { guarantee: 'expiry', anomaly: 'DRIFT' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
