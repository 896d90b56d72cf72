import type { Defect } from '../entry.ts';

export const graphqlSessionInMemory: Defect = {
  kind: 'defect',
  name: 'graphql-session-in-memory',
  section: 'continuity',
  broken:
    'A GraphQL API keeps its sessions in the memory of the instance that served the login. Another instance answers `viewer: null` with status 200, so no status shows the loss.',
  wild: 'The default store of the session middleware, which is in memory, was never replaced. The client takes a null viewer as a sign that the user has logged out.',
  references: ['OpenCTI-Platform/opencti#11619', 'llaske/sugarizer-server#262', 'expressjs/session#256'],
  remedy: 'Keep the sessions in a store that all instances share.',
  needs: ['instances'],
  deployment: { host: 'graphql', env: { GRAPHQL_DEFECT: 'session-in-memory' } },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'forgery', 'cookie-policy', 'availability', 'evidence'],
};
