import type { Defect } from '../entry.ts';

export const stickyByConnection: Defect = {
  kind: 'defect',
  name: 'sticky-by-connection',
  section: 'routing',
  broken:
    'The balancer should pin a user to one instance, and chooses it by the address and port of the client. Each connection has another port, so a user may reach another instance whenever the browser opens a connection. The user then loses what the first instance keeps in memory.',
  wild: 'The balancer was made for connections, so its hash of the source includes the port. Browsers open six connections to a host.',
  references: ['cilium/cilium#26709', 'uqee/sticky-cluster#32'],
  remedy: 'Choose the instance by a cookie that the balancer sets itself.',
  needs: ['instances'],
  deployment: {
    host: 'card-store',
    env: { SESSION_STORE: 'redis-attributes' },
    nginx: { upstream: 'hash $remote_addr:$remote_port consistent;' },
  },
  target: { claims: ['continuity', 'isolation', { routing: 'sticky' }, 'availability', 'evidence'] },
  must: { guarantee: 'routing', anomaly: 'UNPINNED' },
  mustNot: [
    'continuity',
    'isolation',
    'instances-agree',
    'read-your-writes',
    'monotonic-reads',
    'rotation',
    'forgery',
    'one-session',
    'cookie-policy',
    'private-responses',
    'availability',
    'evidence',
  ],
};
