import type { Control } from '../entry.ts';

export const graphqlDoneRight: Control = {
  kind: 'control',
  name: 'graphql-done-right',
  sound:
    'A GraphQL API (graphql-js, Express) whose queries and mutations are POST requests to one address. The cookie names a session in Redis, and each request has loaders of its own.',
  deployment: { host: 'graphql' },
};
