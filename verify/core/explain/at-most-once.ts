import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'at-most-once',
  definition:
    'No operation takes effect twice. DOUBLE: a value that was added once is there twice, or a counter is ' +
    'higher than the sum of its increments. It needs a probe that counts: a list with repeats, or a counter. ' +
    'A set does not show a second add, so with a set the verdict is unknown.',
  picture: `
  1  add "x"      ├──────────────┤     sent once, tried on app-1 and app-2
  2  read basket                  ├──┤ shows "x", "x"`,
  causes: [
    'a balancer that resends a write after a timeout or a broken connection (proxy_next_upstream … non_idempotent, retry policies of service meshes)',
    'an HTTP client or a service worker that retries POST',
    'a queue or a job with at-least-once delivery, without a key that identifies a repeated delivery',
  ],
  mend: [
    {
      stack: 'nginx',
      how: 'do not set non_idempotent in proxy_next_upstream; retry only if nothing was sent',
    },
    { stack: 'Envoy, Istio', how: 'for routes that write, retry only on connect-failure and refused-stream' },
    {
      stack: 'every app',
      how: 'give each form or request an idempotency key, and check it where the write happens',
    },
  ],
  standards: [],
};
