import type { Defect } from '../entry.ts';

export const readonlyAfterFailover: Defect = {
  kind: 'defect',
  name: 'readonly-after-failover',
  section: 'availability',
  broken:
    'After a failover the store client keeps its connection to the old primary, which is now a replica. Pages can be read, but every login and every change fails until the instance is restarted.',
  wild: 'A connection pool or a cached address leads to the old primary. Or the client library treats READONLY like any other error, as ioredis does by default.',
  references: [
    'Azure/aspnet-redis-providers#130',
    'Azure/aspnet-redis-providers#22',
    'StackExchange/StackExchange.Redis#2264',
    'redisson/redisson#1272',
    'redisson/redisson#3897',
    'craigmcnamara/redis-elasticache#8',
  ],
  remedy:
    'Reconnect when the store replies READONLY: with `reconnectOnError` of ioredis, or with a client that follows the topology.',
  needs: ['fault'],
  faults: 'store-demoted',
  deployment: { host: 'plain' },
  target: { budgets: { faults: { 'store-demoted': { errors: '12%' } } } },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
