import type { Defect } from '../entry.ts';

export const storeOutageHangsRequests: Defect = {
  kind: 'defect',
  name: 'store-outage-hangs-requests',
  section: 'outage',
  broken:
    'The store client has no timeout, and queues commands while it is not connected. When the store stops replying, every request waits for it, whether it needs a session or not.',
  wild: 'Client libraries wait without a timeout by default, as ioredis does, and teams often set one only after the first outage.',
  references: [
    'tj/connect-redis#373',
    'redis/ioredis#1014',
    'redis/ioredis#61',
    'langfuse/langfuse PR#12574',
    'alkem-io/server PR#6333',
    'smrchy/redis-sessions#19',
  ],
  remedy: 'Set a timeout for commands, do not queue commands without a connection, and respond with 503.',
  needs: ['fault'],
  faults: 'store-black-hole',
  deployment: { host: 'plain' },
  target: { deadline: '3s' },
  must: { guarantee: 'outage', anomaly: 'HANG' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
