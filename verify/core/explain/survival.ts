import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'survival',
  definition:
    'At the final reads, the declared share of sessions and of acknowledged writes survived each fault. If no ' +
    'share is declared, all must survive. A session that is honoured at the end survived every fault that ' +
    'began after its login. A lost session counts against the faults between its last honoured request and ' +
    'its first refusal. Writes are looked for in the final reads of their object. A fault without writes ' +
    'before it is no evidence. GONE: fewer sessions or writes survived a fault than declared.',
  picture: `
  store  ═══════════╗ restart ╔══════════
  1  login   ├─┤                                 logged in
  2  add "b41"   ├─┤                             acknowledged
  3  read (final)                     ├─┤        signed out: GONE`,
  causes: [
    'a store that writes nothing to disk, or too seldom: a restart loses the data (appsmithorg/appsmith#9113, cozuya/secret-hitler#1150)',
    'a failover to a replica that lags: acknowledged writes are lost (redis.io/commands/WAIT)',
    'eviction under memory pressure, in a cache that also holds sessions (dimagi/commcare-cloud PR#1865)',
    'sessions in the memory of an instance that is replaced, or secrets that are generated at each start',
    'an instance that exits at SIGTERM while requests still save (bcgov/cas-ciip-portal#1939)',
    'keys that move to other nodes when the list of nodes changes (twitter/twemproxy#109)',
  ],
  mend: [
    {
      stack: 'Redis',
      how: 'set appendonly yes and appendfsync always (everysec loses up to 2 s if Redis is killed while the disk is slow); keep sessions in a separate Redis with maxmemory-policy noeviction',
    },
    {
      stack: 'ElastiCache',
      how: 'use Multi-AZ with replicas; use MemoryDB if no acknowledged write may be lost',
    },
    {
      stack: 'Express',
      how: 'drain at SIGTERM: stop listening, wait for requests in flight, then close the store',
    },
    {
      stack: 'Kubernetes',
      how: 'use a preStop sleep, fail the readiness probe first, and set terminationGracePeriodSeconds longer than the slowest request',
    },
    {
      stack: 'secrets',
      how: 'load secrets from a secret store, and rotate them by a list: the new secret signs, and the old ones are still accepted',
    },
  ],
  standards: [],
};
