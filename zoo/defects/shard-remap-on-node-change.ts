import type { Defect } from '../entry.ts';
import { secondRedis } from '../services/second-redis.ts';

export const shardRemapOnNodeChange: Defect = {
  kind: 'defect',
  name: 'shard-remap-on-node-change',
  section: 'survival',
  broken:
    'The id of a session, modulo the number of stores, selects its store. When a store is added, most ids select another store, which does not have their session.',
  wild: 'A client library shards by itself over a list of servers, without consistent hashing, or with a list that differs between hosts.',
  references: ['twitter/twemproxy#109', 'php-memcached-dev/php-memcached PR#23'],
  remedy:
    'Use slots that move with their data (Redis Cluster), or read from the previous store if the selected one does not have the session.',
  needs: ['fault'],
  faults: 'rolling-deploy',
  next: { SHARDS: '2' },
  deployment: {
    host: 'plain',
    program: new URL('./shard-remap-on-node-change.server.ts', import.meta.url),
    env: { SHARDS: '1' },
    beside: secondRedis,
  },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
