import type { Defect } from '../entry.ts';

export const affinityLeftOn: Defect = {
  kind: 'defect',
  name: 'affinity-left-on',
  section: 'routing',
  broken:
    'The balancer is to spread requests, and chooses the instance by the session cookie: each session stays where its first request led, and an instance that is added gets no work from those who are there.',
  wild: 'Stickiness that was needed while sessions were in memory, in a configuration that nobody dared to change when they moved to a store. It hides whatever else is wrong with shared sessions.',
  references: [
    'apache/shenyu#4384',
    'uqee/sticky-cluster#32',
    'caddyserver/caddy PR#978',
    'kubernetes-sigs/aws-load-balancer-controller#855',
  ],
  remedy:
    'Leave it out once sessions are shared, and see in the logs that requests of one session reach several instances.',
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
