import type { Defect } from '../entry.ts';

export const connectionOrPoolExhaustion: Defect = {
  kind: 'defect',
  name: 'connection-or-pool-exhaustion',
  section: 'availability',
  broken:
    'Each instance keeps a pool of connections to the store, and two pools fit into its limit. A third instance finds no room: it says that it is ready, and most of its requests are answered 503.',
  wild: 'Pools times instances above what the server allows, which shows when the group grows or a deploy has old and new side by side; a connection for each request or store object does it sooner.',
  references: [
    'simplesamlphp/simplesamlphp#203',
    'mongodb-js/connect-mongodb-session#98',
    'Shopify/shopify-app-js#185',
    'voxpelli/node-connect-pg-simple#324',
  ],
  remedy:
    'Size pools by the limit of the store divided by the most instances there can be at once, or put a pooler between; let readiness say when the pool is empty.',
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
