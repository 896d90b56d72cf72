import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'monotonic-reads',
  definition:
    'A read never shows an older state than an earlier read of its session. BACK: a value that an earlier ' +
    'read showed was missing without a removal, or a value that was gone came back.',
  picture: `
  1  read basket  ├──┤              on app-1   shows "x"
  2  read basket        ├──┤        on app-2   "x" is gone
  3  read basket              ├──┤  on app-1   shows "x"`,
  causes: [
    'a copy of the session in the memory of each instance, with lost invalidation messages (saleor/saleor#2354, redisson/redisson#1868)',
    'several replicas behind one address, each with a different lag',
    'a failover to a replica that had not received the last writes (redis.io: WAIT)',
    'sessions that are hashed over a list of stores, and the list changed: when the old list is back, so are older copies (twitter/twemproxy#109)',
  ],
  mend: [
    {
      stack: 'every app',
      how: 'do not cache sessions in the process, or check the cached version at every request',
    },
    { stack: 'Redis', how: 'read from one node; after a failover, expect that sessions may be older' },
    {
      stack: 'memcached',
      how: 'use consistent hashing with a fixed list; never add a removed node again with its old content',
    },
  ],
  standards: ['Session guarantees: Terry et al., 1994'],
};
