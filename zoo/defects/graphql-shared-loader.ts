import type { Defect } from '../entry.ts';

export const graphqlSharedLoader: Defect = {
  kind: 'defect',
  name: 'graphql-shared-loader',
  section: 'isolation',
  broken:
    'A GraphQL API has one DataLoader for all requests. Requests of several users that come within one batch get the data of one of these users.',
  wild: 'The loader is made once, beside the schema, as in examples. It looks like a cache of one request, but it lives as long as the process.',
  references: [
    'Consensys-Incorporated/ethql#55',
    'CDCgov/prime-simplereport PR#1429',
    'graphql-rust/juniper PR#518',
  ],
  remedy: 'Make the loaders for each request, in the context of the request.',
  needs: ['overlap'],
  deployment: { host: 'graphql', env: { GRAPHQL_DEFECT: 'shared-loader' } },
  must: { guarantee: 'isolation', anomaly: 'BLEED' },
  mustNot: ['routing', 'availability', 'evidence'],
};
