import type { Defect } from '../entry.ts';

export const storeOutageHangsRequests: Defect = {
  kind: 'defect',
  name: 'store-outage-hangs-requests',
  section: 'outage',
  broken:
    'The client of the store has no time limit and queues commands while it is not connected. When the store stops answering, every request waits for it, whether it needs a session or not.',
  wild: 'Client libraries wait for ever by default, as ioredis does, and nobody sets a limit before the first outage.',
  references: [
    'tj/connect-redis#373',
    'redis/ioredis#1014',
    'redis/ioredis#61',
    'langfuse/langfuse PR#12574',
    'alkem-io/server PR#6333',
    'smrchy/redis-sessions#19',
  ],
  remedy: 'Set a time limit for commands, do not queue while there is no connection, and answer 503.',
  needs: ['fault'],
  faults: 'store-black-hole',
  deployment: { host: 'plain' },
  target: { deadline: '3s' },
  must: { guarantee: 'outage', anomaly: 'HANG' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
