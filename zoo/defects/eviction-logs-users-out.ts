import type { Defect } from '../entry.ts';

export const evictionLogsUsersOut: Defect = {
  kind: 'defect',
  name: 'eviction-logs-users-out',
  section: 'survival',
  broken:
    'Sessions share a Redis with a cache. Once its memory is full, this Redis evicts keys that have an expiry. Sessions have one, so they are evicted too, and their users are signed out.',
  wild: 'The server was set up for the cache, with a `maxmemory-policy` for a cache, and got the sessions later.',
  references: [
    'dimagi/commcare-cloud PR#1865',
    'vonrobak/fedora-homelab-containers#152',
    'tjcsl/ion#351',
    'miraheze/mw-config PR#5153',
  ],
  remedy: 'Keep sessions in a separate store with `noeviction`, and monitor its memory.',
  needs: ['fault'],
  faults: 'store-full',
  deployment: { host: 'plain', redis: ['--maxmemory-policy', 'volatile-lru'] },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
