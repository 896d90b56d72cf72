import type { Defect } from '../entry.ts';

export const storeOutageLogsUsersOut: Defect = {
  kind: 'defect',
  name: 'store-outage-logs-users-out',
  section: 'outage',
  broken:
    'A lookup that fails counts as a session that is not there. While the store is away everybody is shown the login page.',
  wild: 'An error handler in the session layer that returns nothing, so that pages for guests go on working.',
  references: [
    'sourcegraph/sourcegraph-public-snapshot#37016',
    'sourcegraph/sourcegraph-public-snapshot PR#37031',
    'alkem-io/server PR#6333',
    'betagouv/rdv-service-public#3469',
  ],
  remedy: 'Tell an error from an absence: answer 503 at once, and touch no cookie.',
  needs: ['fault'],
  faults: 'store-refuses',
  deployment: {
    host: 'card-store',
    program: new URL('./store-outage-logs-users-out.server.ts', import.meta.url),
  },
  must: { guarantee: 'outage', anomaly: 'LOGOUT' },
  mustNot: ['isolation', 'routing', 'evidence'],
};
