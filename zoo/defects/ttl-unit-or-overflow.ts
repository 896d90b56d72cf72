import { RedisStore } from 'connect-redis';
import { serve } from '../../app/serve.ts';
import { secondsLeft } from '../../app/session.ts';
import type { Defect } from '../entry.ts';
import { stockOptions } from '../stores/stock.ts';

export const ttlUnitOrOverflow: Defect = {
  kind: 'defect',
  name: 'ttl-unit-or-overflow',
  section: 'expiry',
  broken:
    'The app passes the idle timeout to the store in milliseconds, and the store takes it for seconds. Users who left long ago are still signed in: sessions live a thousand times as long as they should.',
  wild: 'Two libraries use two units, or a large number has another meaning: memcached takes more than thirty days for a date.',
  references: [
    'php-memcached-dev/php-memcached#142',
    'remix-run/remix PR#11456',
    'aio-libs/aiohttp-session PR#398',
    'balor/connect-memcached PR#34',
    'magro/memcached-session-manager#147',
  ],
  remedy: 'Put the unit into the name of the variable, and test that an idle session ends.',
  needs: ['time'],
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
    env: { SESSION_IDLE_SECONDS: '4' },
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

if (import.meta.main)
  await serve({
    store: (config, redis) =>
      new RedisStore({
        ...stockOptions(config, redis),
        ttl: data => Math.ceil(secondsLeft(data, config) * 1_000),
      }),
  });
