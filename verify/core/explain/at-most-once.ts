import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'at-most-once',
  definition:
    'No operation takes effect twice. DOUBLE: a value that was added once stands twice, or a counter shows more ' +
    'than was counted. It needs a probe that counts (a list with repeats, a counter): on sets a second add is ' +
    'invisible, and the verdict is unknown.',
  picture: `
  1  add "x"      ├──────────────┤     sent once, tried on app-1 and app-2
  2  read basket                  ├──┤ shows "x", "x"`,
  causes: [
    'the balancer sends a write again after a time-out or a broken connection (proxy_next_upstream … non_idempotent, retry policies of meshes)',
    'an HTTP client or a service worker that retries POST',
    'a queue or job that is delivered at least once, without a key to recognise the second time',
  ],
  mend: [
    {
      stack: 'nginx',
      how: 'leave non_idempotent out of proxy_next_upstream; retry only when nothing was sent',
    },
    { stack: 'Envoy, Istio', how: 'retry on connect-failure and refused-stream alone for routes that write' },
    {
      stack: 'every app',
      how: 'an idempotency key for each form or request, checked where the write happens',
    },
  ],
  standards: [],
};
