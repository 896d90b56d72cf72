import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'survival',
  definition:
    'At the final reads the declared share of sessions and of acknowledged writes (all, when nothing is ' +
    'declared) outlived each fault. A session that is honoured at the end outlived whatever began after its ' +
    'login; one that was lost is laid to the faults between its last honoured request and its first refusal. ' +
    'Writes are looked for in the final reads of their object. A fault before which nothing was written is no ' +
    'evidence. GONE: fewer outlived a fault than declared.',
  picture: `
  store  ═══════════╗ restart ╔══════════
  1  login   ├─┤                                 logged in
  2  add "b41"   ├─┤                             acknowledged
  3  read (final)                     ├─┤        signed out: gone`,
  causes: [
    'a store that keeps nothing on disk, or saves too seldom: a restart empties it (appsmithorg/appsmith#9113, cozuya/secret-hitler#1150)',
    'failover to a replica that lags: acknowledged writes are gone (redis.io/commands/WAIT)',
    'eviction under memory pressure in a cache that also holds sessions (dimagi/commcare-cloud PR#1865)',
    'sessions in the memory of an instance that is replaced; secrets drawn anew at start',
    'an instance that exits at SIGTERM with requests in the middle of a save (bcgov/cas-ciip-portal#1939)',
    'keys that move to other nodes when the list of nodes changes (twitter/twemproxy#109)',
  ],
  mend: [
    {
      stack: 'Redis',
      how: 'appendonly yes and appendfsync always: everysec loses up to two seconds when Redis is killed while the disk is slow; maxmemory-policy noeviction for sessions, in an instance of their own',
    },
    { stack: 'ElastiCache', how: 'Multi-AZ with replicas; MemoryDB where no acknowledged write may be lost' },
    { stack: 'Express', how: 'drain at SIGTERM: stop listening, let requests end, then close the store' },
    {
      stack: 'Kubernetes',
      how: 'preStop sleep, readiness that fails first, terminationGracePeriodSeconds above the slowest request',
    },
    {
      stack: 'secrets',
      how: 'from a secret store, and rotated by a list: the new one signs, the old ones are still accepted',
    },
  ],
  standards: [],
};
