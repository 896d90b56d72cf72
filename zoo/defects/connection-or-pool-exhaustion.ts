import type { Defect } from '../entry.ts';

export const connectionOrPoolExhaustion: Defect = {
  kind: 'defect',
  name: 'connection-or-pool-exhaustion',
  section: 'availability',
  broken:
    'Each instance has a pool of connections to the store, and the limit of the store suffices for two pools. A third instance gets too few connections: it reports that it is ready, but responds to most requests with 503.',
  wild: 'Pool size times instances exceeds the limit of the server. It shows when the group grows, or when a deploy runs old and new instances at the same time. A connection for each request or store object reaches the limit sooner.',
  references: [
    'simplesamlphp/simplesamlphp#203',
    'mongodb-js/connect-mongodb-session#98',
    'Shopify/shopify-app-js#185',
    'voxpelli/node-connect-pg-simple#324',
  ],
  remedy:
    'Divide the limit of the store by the maximum number of instances to get the pool size, or put a pooler between. Report an instance as not ready when its pool is empty.',
  needs: ['fault'],
  faults: 'scale-out',
  deployment: {
    host: 'card-store',
    program: new URL('./connection-or-pool-exhaustion.server.ts', import.meta.url),
    redis: ['--maxclients', '32'],
  },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['continuity', 'isolation', 'survival', 'evidence'],
};
