import type { Defect } from '../entry.ts';

export const lockTimeoutThenUnlockedWrite: Defect = {
  kind: 'defect',
  name: 'lock-timeout-then-unlocked-write',
  section: 'no-lost-updates',
  broken:
    'Requests that write take turns by a lock on the session. One that has not got it within 20 ms goes on without, loads what the holder is about to change, and one of the two saves undoes the other.',
  wild: 'A lock with a short budget of tries, and a client library that reports no failure when it is spent. Fine until one request takes longer than the budget.',
  references: [
    'phpredis/phpredis PR#1908',
    'phpredis/phpredis#2382',
    'phpredis/phpredis#1411',
    'phpredis/phpredis#1422',
  ],
  remedy:
    'A request without the lock must not write: refuse it (423, try again), and wait longer than the slowest holder takes.',
  needs: ['overlap'],
  deployment: {
    host: 'plain',
    program: new URL('./lock-timeout-then-unlocked-write.server.ts', import.meta.url),
  },
  must: { guarantee: 'no-lost-updates', anomaly: 'CLOBBER' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
