import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { oldConnectRedis } from '../stores/old-libraries.ts';

export const oldConnectRedisNeverTouches: Defect = {
  kind: 'defect',
  name: 'old-connect-redis-never-touches',
  section: 'expiry',
  broken:
    'The store connect-redis 1.5.0 has no `touch`, so express-session cannot renew a session that a request only reads. An active user is signed out when the time to live of the last write has passed.',
  wild: 'The store is older than the middleware. The middleware calls `touch` only if the store has this method, so there is no error.',
  references: ['tj/connect-redis#142', 'tj/connect-redis#144', 'valery-barysok/session-file-store#17'],
  remedy: 'Use a store that implements `touch`: connect-redis 2.2.0 or later.',
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

if (import.meta.main) servePlain({ store: redis => oldConnectRedis({ client: redis, ttl }) });
