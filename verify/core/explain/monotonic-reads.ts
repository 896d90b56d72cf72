import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'monotonic-reads',
  definition:
    'A read never shows an older state than an earlier read of its session. BACK: something that a session had ' +
    'been shown was gone without a removal, or something that had gone was there again.',
  picture: `
  1  read basket  ├──┤              on app-1   shows "x"
  2  read basket        ├──┤        on app-2   "x" is gone
  3  read basket              ├──┤  on app-1   shows "x"`,
  causes: [
    'a copy of the session in each instance’s memory, and invalidation messages that get lost (saleor/saleor#2354, redisson/redisson#1868)',
    'several replicas behind one address, each with a lag of its own',
    'a failover to a replica that had not received the last writes (redis.io: WAIT)',
    'sessions hashed over a list of stores that changed: older copies come back with the old list (twitter/twemproxy#109)',
  ],
  mend: [
    {
      stack: 'every app',
      how: 'no cache of sessions in the process, or one that is checked against a version at every request',
    },
    { stack: 'Redis', how: 'read from one node; after a failover, treat sessions as possibly older' },
    {
      stack: 'memcached',
      how: 'consistent hashing with a fixed list; never remove and return a node with its old content',
    },
  ],
  standards: ['Session guarantees: Terry et al., 1994'],
};
