import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'linearizability',
  definition:
    'The operations on an object can be put into an order such that each takes effect at one point between its ' +
    'call and its return, and every read shows the state at its point. NONLINEAR: no such order exists. It implies ' +
    'read-your-writes, monotonic-reads, no-lost-updates and at-most-once of the same object.',
  picture: `
  1  set "2"   ├──────────────────┤   on app-1
  2  read           ├──┤              on app-2   shows "2"
  3  read                  ├──┤       on app-1   shows "1": "2" had been seen before`,
  causes: [
    'all that breaks read-your-writes, monotonic-reads or no-lost-updates',
    'reads from replicas or caches while a write is under way: one client has seen it, the next has not',
    'a write that becomes visible in steps',
  ],
  mend: [
    {
      stack: 'Redis',
      how: 'one primary for reads and writes; one command or one Lua script for each change',
    },
    { stack: 'SQL', how: 'SERIALIZABLE, or one statement that reads and changes at once' },
    { stack: 'every app', how: 'ask whether it is needed: the session guarantees suffice for most pages' },
  ],
  standards: ['Herlihy and Wing, 1990'],
};
