import type { Defect } from '../entry.ts';

export const affinityLeftOn: Defect = {
  kind: 'defect',
  name: 'affinity-left-on',
  section: 'routing',
  broken:
    'The balancer should spread requests, but chooses the instance by the session cookie. Each session stays on one instance. A new instance gets no requests of existing sessions, so it does not relieve old instances that are overloaded.',
  wild: 'Stickiness was needed while sessions were in memory, and stayed in the configuration when they moved to a store. It hides other defects of shared sessions.',
  references: [
    'apache/shenyu#4384',
    'uqee/sticky-cluster#32',
    'caddyserver/caddy PR#978',
    'kubernetes-sigs/aws-load-balancer-controller#855',
  ],
  remedy:
    'Remove stickiness once sessions are shared, and check in the logs that requests of one session reach several instances.',
  needs: ['instances'],
  deployment: {
    host: 'card-store',
    env: { SESSION_STORE: 'redis-attributes' },
    nginx: { upstream: 'hash $cookie_sid consistent;' },
  },
  must: { guarantee: 'routing', anomaly: 'PINNED' },
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
