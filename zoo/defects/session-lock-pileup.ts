import type { Defect } from '../entry.ts';
import { oneAtATime } from '../hosts/plain/lock.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const sessionLockPileup: Defect = {
  kind: 'defect',
  name: 'session-lock-pileup',
  section: 'availability',
  broken:
    'Every request holds a lock on its session until the response, also a request that only reads. When an instance dies, the sessions of its requests stay locked until the lock expires, and all requests of these sessions hang.',
  wild: 'Session handlers of PHP and others lock for the whole request, with a time to live as long as the slowest request. One slow report also blocks all other tabs of its user.',
  references: [
    'snc/SncRedisBundle#258',
    'snc/SncRedisBundle#182',
    'colinmollenhour/Cm_RedisSession#149',
    'magento/magento2#17310',
    'spryker/spryker-docs PR#2752',
  ],
  remedy:
    'Lock only while the session is written, and not for requests that only read. Give the lock a short time to live, which its holder renews.',
  needs: ['fault'],
  faults: 'kill',
  deployment: { host: 'plain', program: new URL(import.meta.url) },
  target: { budgets: { wait: '4s' } },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['continuity', 'isolation', 'survival', 'evidence'],
};

if (import.meta.main)
  servePlain({
    beforeSession: redis => oneAtATime(redis, { waitMs: 30_000, otherwise: 'refuse', reads: true }),
    // The request holds the session's lock during this delay.
    onSession: () => (_request, _response, next) => {
      setTimeout(next, 80);
    },
  });
