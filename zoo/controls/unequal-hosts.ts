import type { Control } from '../entry.ts';

export const unequalHosts: Control = {
  kind: 'control',
  name: 'unequal-hosts',
  sound:
    'Two hosts of unequal size: the balancer routes three of four requests to the larger one, as the weights declare. Their clocks differ by 30 s. Only the balancer names the instance. The app redirects to the address of its own host, and the balancer rewrites that address. A request that bypasses the balancer is redirected to the address of the instance.',
  deployment: {
    host: 'plain',
    program: new URL('./unequal-hosts.server.ts', import.meta.url),
    each: [{}, { CLOCK_AHEAD_MS: '30000' }],
    nginx: {
      perInstance: place => (place === 0 ? 'weight=3' : 'weight=1'),
      server: `
        proxy_redirect ~^http://127\\.0\\.0\\.1:\\d+(/.*)$ $1;
        proxy_hide_header X-Instance-Id;
        add_header X-Served-By $upstream_addr always;`,
    },
  },
  target: {
    instance: { header: 'x-served-by', weights: { 'app-1': 3, 'app-2': 1 } },
    claims: [
      'continuity',
      'isolation',
      'instances-agree',
      { routing: 'spread' },
      'read-your-writes',
      'monotonic-reads',
      'logout-final',
      'rotation',
      'forgery',
      'one-session',
      'cookie-policy',
      'private-responses',
      'availability',
      'evidence',
    ],
  },
};
