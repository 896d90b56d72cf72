import type { Defect } from '../entry.ts';

export const stickyByConnection: Defect = {
  kind: 'defect',
  name: 'sticky-by-connection',
  section: 'routing',
  broken:
    'The balancer is to keep a user on one instance, and chooses it by address and port of the client. The port is another for each connection, so the user changes instance whenever the browser opens a new one.',
  wild: 'A hash over the source that includes the port, as balancers of connections use it; browsers open six connections to a host.',
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
