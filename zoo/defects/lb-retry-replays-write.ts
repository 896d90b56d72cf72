import type { Defect } from '../entry.ts';

export const lbRetryReplaysWrite: Defect = {
  kind: 'defect',
  name: 'lb-retry-replays-write',
  section: 'at-most-once',
  broken:
    'The balancer waits one second for a response, and then sends the same request to the next instance, even a POST. The first instance was only slow, so the write happens twice.',
  wild: 'The balancer has `proxy_next_upstream` with `timeout` and `non_idempotent`, or it is an old version that resends writes by default. One instance is slower than the others.',
  references: ['NatLabRockies/api-umbrella#18', 'openresty/openresty#190', 'kubernetes/ingress-nginx#4174'],
  remedy:
    'Retry a request only if no byte of it has reached an instance, or if its method is idempotent. Give writes an idempotency key.',
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
