import { RedisStore } from 'connect-redis';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const serverSessionOutlivesCookie: Defect = {
  kind: 'defect',
  name: 'server-session-outlives-cookie',
  section: 'expiry',
  broken:
    'The cookie expires with the idle timeout, but the session in the store lives ten times as long. A client with a copy of the cookie is signed in long after the browser has deleted it.',
  wild: 'The time to live in the store and the expiry of the cookie are two settings. The expiry of a cookie is a request to the browser, and binds no other client.',
  references: ['tj/connect-redis#251', 'tj/connect-redis#412', 'tj/connect-redis#376'],
  remedy:
    'Let the server end the session: derive the time to live in the store from the idle timeout, not from a separate setting.',
  needs: ['time', 'replay'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  target: { expiry: { idle: '4s', renew: 'each' } },
  must: { guarantee: 'expiry', anomaly: 'DRIFT' },
  mustNot: [
    'continuity',
    'cookie-policy',
    'isolation',
    'routing',
    'rotation',
    'forgery',
    'availability',
    'evidence',
  ],
};

const IDLE_S = 4;

if (import.meta.main)
  servePlain({
    session: { rolling: true, cookie: { httpOnly: true, sameSite: 'lax', maxAge: IDLE_S * 1_000 } },
    store: redis => new RedisStore({ client: redis, ttl: () => 10 * IDLE_S }),
  });
