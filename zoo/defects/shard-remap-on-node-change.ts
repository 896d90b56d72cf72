import type { Defect } from '../entry.ts';
import { secondRedis } from '../services/second-redis.ts';

export const shardRemapOnNodeChange: Defect = {
  kind: 'defect',
  name: 'shard-remap-on-node-change',
  section: 'survival',
  broken:
    'Sessions are spread over several stores by their id, modulo the number of stores. When a store is added most ids lead to another one, where their session is not.',
  wild: 'A list of servers in the configuration of a client library that shards by itself, without consistent hashing or with a list that differs between hosts.',
  references: ['twitter/twemproxy#109', 'php-memcached-dev/php-memcached PR#23'],
  remedy:
    'Use slots that are moved with their data (Redis Cluster), or look where a session was before when it is not where it should be.',
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
