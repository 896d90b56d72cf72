import type { Defect } from '../entry.ts';

export const readonlyAfterFailover: Defect = {
  kind: 'defect',
  name: 'readonly-after-failover',
  section: 'availability',
  broken:
    'After a failover the client of the store keeps its connection to the old primary, which is a replica now. Pages can be read, and every login and every change fails until somebody restarts the instance.',
  wild: 'Connection pools and cached addresses, and client libraries that take READONLY for an answer like any other, as ioredis does by default.',
  references: [
    'Azure/aspnet-redis-providers#130',
    'Azure/aspnet-redis-providers#22',
    'StackExchange/StackExchange.Redis#2264',
    'redisson/redisson#1272',
    'redisson/redisson#3897',
    'craigmcnamara/redis-elasticache#8',
  ],
  remedy:
    'Dial again when the store says READONLY: `reconnectOnError` of ioredis, or a client that follows the topology.',
  needs: ['fault'],
  faults: 'store-demoted',
  deployment: { host: 'plain' },
  target: { budgets: { faults: { 'store-demoted': { errors: '12%' } } } },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
