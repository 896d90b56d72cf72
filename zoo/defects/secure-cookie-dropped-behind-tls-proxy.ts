import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

/**
 * Imitates a balancer that terminates TLS, although the connection does not use TLS. Clients keep Secure cookies,
 * because the host is 127.0.0.1.
 */
const BEHIND_TLS = {
  // Repeats all headers, because in nginx a block that sets a header inherits no headers.
  server: `
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Request-Id $request_name;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto https;`,
};

export const secureCookieDroppedBehindTlsProxy: Defect = {
  kind: 'defect',
  name: 'secure-cookie-dropped-behind-tls-proxy',
  section: 'cookie-policy',
  broken:
    'TLS ends before the app, and one instance does not trust the proxy that reports this. It treats every request as plain http, and does not send the cookie, which is for https only. A login on this instance reports success, but begins no session.',
  wild: 'The app has `secure: true` without `trust proxy`, or the proxy does not forward X-Forwarded-Proto. On all instances it is found at once; on one it looks like a flaky login.',
  references: [
    'expressjs/session#281',
    'expressjs/session#165',
    'NIAEFEUP/nijobs-be#104',
    'expressjs/cookie-session#134',
    'pillarjs/cookies#71',
  ],
  remedy:
    'Configure the trusted proxies in the app, equally on every instance, and let the outermost proxy set X-Forwarded-Proto.',
  needs: ['instances'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
    each: [{}, { TRUST_PROXY: 'false' }],
    nginx: BEHIND_TLS,
  },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

if (import.meta.main) servePlain({ session: { cookie: { httpOnly: true, sameSite: 'lax', secure: true } } });
