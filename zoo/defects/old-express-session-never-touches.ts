import { RedisStore } from 'connect-redis';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { oldExpressSession } from '../stores/old-libraries.ts';

export const oldExpressSessionNeverTouches: Defect = {
  kind: 'defect',
  name: 'old-express-session-never-touches',
  section: 'expiry',
  broken:
    'The middleware is express-session 1.8.2. It renews no session in the store: with `resave: false`, only a change of the session does. A user who only reads is signed out while active.',
  wild: 'The middleware called `touch` on the session object and not on the store. Version 1.10.0 added `store.touch`, and stores followed one by one.',
  references: ['expressjs/session#105', 'jdesboeufs/connect-mongo#149', 'ca98am79/connect-dynamodb#23'],
  remedy: 'Update express-session to 1.10.0 or later, and use a store that implements `touch`.',
  needs: ['time'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
    env: { SESSION_SECONDS: '4' },
  },
  target: { expiry: { idle: '4s', renew: 'each' } },
  must: { guarantee: 'expiry', anomaly: 'DRIFT' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

const ttl = Number(process.env['SESSION_SECONDS']);

if (import.meta.main)
  servePlain({
    sessions: (redis, secret) =>
      oldExpressSession({
        store: new RedisStore({ client: redis, ttl }),
        secret,
        resave: false,
        saveUninitialized: false,
        cookie: { httpOnly: true, path: '/' },
      }),
  });
