import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'linearizability',
  definition:
    'The operations on an object have an order in which each takes effect at one point between its call and ' +
    'its return, and every read shows the state at its point. NONLINEAR: no such order exists. This guarantee ' +
    'implies read-your-writes, monotonic-reads, no-lost-updates and at-most-once of the same object.',
  picture: `
  1  set "2"   ├──────────────────┤   on app-1
  2  read           ├──┤              on app-2   shows "2"
  3  read                  ├──┤       on app-1   shows "1", although "2" was shown before`,
  causes: [
    'every cause that breaks read-your-writes, monotonic-reads or no-lost-updates',
    'reads from replicas or caches while a write is in flight: one client has seen the write, the next one has not',
    'a write that becomes visible in several steps',
  ],
  mend: [
    {
      stack: 'Redis',
      how: 'use one primary for reads and writes, and one command or one Lua script for each change',
    },
    { stack: 'SQL', how: 'use SERIALIZABLE, or one statement that reads and changes at once' },
    {
      stack: 'every app',
      how: 'check whether you need it: the session guarantees are enough for most pages',
    },
  ],
  standards: ['Herlihy and Wing, 1990'],
};
