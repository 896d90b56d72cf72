import type { Defect } from '../entry.ts';

export const ttlUnitOrOverflow: Defect = {
  kind: 'defect',
  name: 'ttl-unit-or-overflow',
  section: 'expiry',
  broken:
    'The idle time is handed to the store in milliseconds, and taken there for seconds: sessions live a thousand times as long as they should.',
  wild: 'Two libraries, two units; or a limit above which a number means something else, as memcached takes more than thirty days for a date.',
  references: [
    'php-memcached-dev/php-memcached#142',
    'remix-run/remix PR#11456',
    'aio-libs/aiohttp-session PR#398',
    'balor/connect-memcached PR#34',
    'magro/memcached-session-manager#147',
  ],
  remedy: 'Name the unit in the name of the variable, and test that an idle session ends.',
  needs: ['time'],
  deployment: {
    host: 'card-store',
    program: new URL('./ttl-unit-or-overflow.server.ts', import.meta.url),
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
