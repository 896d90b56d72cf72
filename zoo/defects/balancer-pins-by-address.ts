import type { Defect } from '../entry.ts';

export const balancerPinsByAddress: Defect = {
  kind: 'defect',
  name: 'balancer-pins-by-address',
  section: 'routing',
  broken:
    'The balancer is to spread requests, and chooses the instance by the address of the client. All who come from one network reach one instance, and the others stand idle.',
  wild: '`ip_hash` in a configuration that was copied, or left from a time when sessions were in memory; a proxy in front of it makes all users one address.',
  references: ['apache/shenyu#4384', 'uqee/sticky-cluster#32', 'caddyserver/caddy PR#978'],
  remedy: 'Leave it out when sessions are shared; if users have to stay on one instance, go by a cookie.',
  needs: [],
  deployment: {
    host: 'card-store',
    env: { SESSION_STORE: 'redis-attributes' },
    nginx: { upstream: 'ip_hash;' },
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
