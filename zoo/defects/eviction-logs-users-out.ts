import type { Defect } from '../entry.ts';

export const evictionLogsUsersOut: Defect = {
  kind: 'defect',
  name: 'eviction-logs-users-out',
  section: 'survival',
  broken:
    'Sessions share a Redis with a cache, which evicts keys that expire once memory is used up. Sessions do expire, so they go with the rest.',
  wild: '`maxmemory-policy` as a cache wants it, on a server that was put up for the cache and took the sessions later.',
  references: [
    'dimagi/commcare-cloud PR#1865',
    'vonrobak/fedora-homelab-containers#152',
    'tjcsl/ion#351',
    'miraheze/mw-config PR#5153',
  ],
  remedy: 'Keep sessions in a store of their own with `noeviction`, and watch its memory.',
  needs: ['fault'],
  faults: 'store-full',
  deployment: { host: 'plain', redis: ['--maxmemory-policy', 'volatile-lru'] },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
