import type { Defect } from '../entry.ts';
import { oneAtATime } from '../hosts/plain/lock.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const lockTimeoutThenUnlockedWrite: Defect = {
  kind: 'defect',
  name: 'lock-timeout-then-unlocked-write',
  section: 'no-lost-updates',
  broken:
    'A lock on the session serializes requests that write. A request that does not get the lock within 20 ms continues without it. It loads the session before the lock holder changes it, and one of the two saves undoes the other. The user misses a change that was acknowledged.',
  wild: 'The lock library tries a few times, and then continues without an error. This works until one request holds the lock for longer than all tries take.',
  references: [
    'phpredis/phpredis PR#1908',
    'phpredis/phpredis#2382',
    'phpredis/phpredis#1411',
    'phpredis/phpredis#1422',
  ],
  remedy:
    'Refuse a write without the lock (423, try again), and wait for the lock longer than the slowest request holds it.',
  needs: ['overlap'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'no-lost-updates', anomaly: 'CLOBBER' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

if (import.meta.main)
  servePlain({ beforeSession: redis => oneAtATime(redis, { waitMs: 20, otherwise: 'proceed' }) });
