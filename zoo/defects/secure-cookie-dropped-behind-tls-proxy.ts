import type { Defect } from '../entry.ts';

/** nginx behind a balancer that ends TLS; a Secure cookie is kept for 127.0.0.1 also without. */
const BEHIND_TLS = {
  // All of them: nginx takes none of the outer level where there is one at this.
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
    'TLS ends before the app, and one instance does not trust the proxy that says so. It takes every request for plain http and leaves out the cookie, which is for https only: a login there is answered as a success and begins nothing.',
  wild: '`secure: true` without `trust proxy`, or a proxy that does not pass X-Forwarded-Proto on; on all instances it is found at once, on one it looks like a flaky login.',
  references: [
    'expressjs/session#281',
    'expressjs/session#165',
    'NIAEFEUP/nijobs-be#104',
    'expressjs/cookie-session#134',
    'pillarjs/cookies#71',
  ],
  remedy:
    'Tell the app which proxies to trust, on every instance alike, and let the outermost proxy set X-Forwarded-Proto.',
  needs: ['instances'],
  deployment: {
    host: 'plain',
    program: new URL('./secure-cookie-dropped-behind-tls-proxy.server.ts', import.meta.url),
    each: [{}, { TRUST_PROXY: 'false' }],
    nginx: BEHIND_TLS,
  },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};
