import type { Control } from '../entry.ts';
import { cookieSessions } from '../hosts/plain/cookie-sessions.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const cookieBeyondTheBalancer: Control = {
  kind: 'control',
  name: 'cookie-beyond-the-balancer',
  sound:
    'The session is in its cookie, behind an nginx with its default buffer of 4 KB for headers. If a session is larger, nginx responds with 502 and sends the instance no requests for 10 seconds. Ordinary carts stay far below this limit of the deployment.',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
    nginx: {
      server: 'proxy_buffer_size 4k; proxy_buffers 8 4k; proxy_busy_buffers_size 8k;',
      perInstance: 'max_fails=1 fail_timeout=10s',
    },
  },
  target: {
    claims: [
      'continuity',
      'isolation',
      'instances-agree',
      { routing: 'spread' },
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

if (import.meta.main) servePlain({ ...cookieSessions, cartLimit: Number.POSITIVE_INFINITY });
