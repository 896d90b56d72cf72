import type { Defect } from '../entry.ts';

export const lbRetryReplaysWrite: Defect = {
  kind: 'defect',
  name: 'lb-retry-replays-write',
  section: 'at-most-once',
  broken:
    'The balancer waits a second for an answer and then sends the same request, also a POST, to the next instance. The first one was only slow: what was asked for happens twice.',
  wild: '`proxy_next_upstream` with `timeout` and `non_idempotent`, the default of older balancers, and one instance that is slower than the others.',
  references: ['NatLabRockies/api-umbrella#18', 'openresty/openresty#190', 'kubernetes/ingress-nginx#4174'],
  remedy:
    'Send a request again only if not a byte of it has reached an instance, or if its method says that it may be repeated; give writes an idempotency key.',
  needs: ['slowness'],
  deployment: {
    host: 'plain',
    each: [{ WORK_MS: '1500' }, { WORK_MS: '300' }],
    nginx: { server: 'proxy_next_upstream error timeout non_idempotent; proxy_read_timeout 1s;' },
  },
  target: {
    slow: {
      read: '/app/report',
      write: { path: '/app/notes/mailed', object: 'notes', form: { text: '{value}' } },
    },
  },
  must: { guarantee: 'at-most-once', anomaly: 'DOUBLE' },
  mustNot: ['continuity', 'isolation', 'rotation', 'forgery'],
};
