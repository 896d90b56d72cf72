import { RedisStore } from 'connect-redis';
import { serve } from '../../app/serve.ts';
import type { Defect } from '../entry.ts';
import { stockOptions } from '../stores/stock.ts';

export const noTouchFixedTtl: Defect = {
  kind: 'defect',
  name: 'no-touch-fixed-ttl',
  section: 'expiry',
  broken:
    'Reading a session does not renew its time to live in the store. A user who only reads is signed out while active.',
  wild: 'The store has no `touch`, or has it disabled, together with `resave: false`. Tests that write hide the defect.',
  references: ['tj/connect-redis#144', 'tj/connect-redis#142', 'expressjs/session#105'],
  remedy:
    'Renew the time to live with every request that uses the session (`touch`), or document that only writes renew it.',
  needs: ['time'],
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
    env: { SESSION_IDLE_SECONDS: '4' },
  },
  target: { expiry: { idle: '4s', renew: 'each' } },
  must: { guarantee: 'expiry', anomaly: 'DRIFT' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

if (import.meta.main)
  await serve({
    store: (config, redis) => new RedisStore({ ...stockOptions(config, redis), disableTouch: true }),
  });
