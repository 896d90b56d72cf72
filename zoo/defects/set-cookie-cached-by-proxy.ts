import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

const CACHE = {
  http: `
    proxy_cache_path page-cache keys_zone=pages:1m;
    map $uri $not_cached { default 1; / 0; /help 0; }`,
  server: `
    proxy_cache pages;
    proxy_cache_valid 200 1s;
    proxy_ignore_headers Set-Cookie Cache-Control Expires;
    proxy_no_cache $not_cached;
    proxy_cache_bypass $not_cached;`,
};

export const setCookieCachedByProxy: Defect = {
  kind: 'defect',
  name: 'set-cookie-cached-by-proxy',
  section: 'isolation',
  broken:
    'The balancer caches the front page and the help page for a second, with their Set-Cookie header. Each response sets the session cookie to renew it. So the next visitor of such a page gets the cookie of another user, and is signed in as that user.',
  wild: 'A shared cache is configured to ignore Set-Cookie and Cache-Control, because otherwise it would cache no page of the app. Or an app marks pages as public that set a cookie.',
  references: [
    'auth0/nextjs-auth0#2100',
    'GHSA-m2qf-hxjv-5gpq (CVE-2023-30861, Flask)',
    'CVE-2026-27205',
    'fabriziosalmi/certmate#67',
    'eliagroup/ToOp PR#175',
    'coldfire84/node-red-alexa-home-skill-v3-web#82',
    'ujeenet/rustango PR#1259',
    'supabase/ssr PR#172',
  ],
  remedy:
    'Never cache a response that sets a cookie. Send `Cache-Control: private, no-store` with every response of a session, and do not let the cache ignore it.',
  needs: ['users'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
    nginx: CACHE,
  },
  target: { pages: ['/', '/help', '/app/profile'] },
  must: { guarantee: 'isolation', anomaly: 'BLEED' },
  mustNot: ['routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

if (import.meta.main)
  servePlain({
    session: { rolling: true, cookie: { httpOnly: true, sameSite: 'lax', maxAge: 3_600_000 } },
  });
