import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'private-responses',
  definition:
    'A signed-in page, or a response that sets the session cookie, is not explicitly fresh for a shared ' +
    'cache. It is fresh if it has `public`, `s-maxage`, `max-age` or `Expires` in the future, without ' +
    '`private`, `no-store`, `no-cache` or `Vary: Cookie`. No such response was served from a cache. The sign ' +
    'of that is Cache-Status, X-Cache and the like (MISS and HIT-FOR-PASS are not hits), or an Age that is ' +
    'greater than the time of the request. A response without any directive is reported; under the claim ' +
    '`private-responses: strict` it is a violation. CACHED: a shared cache may serve such a response to ' +
    'another user, or did.',
  picture: `
  alice  read /me  ├──┤         200  Cache-Control: max-age=60
  bob    read /me        ├──┤   a cache in between may respond with alice’s page`,
  causes: [
    'caching headers for the whole site, also for signed-in pages',
    'frameworks that mark pages as static although they read the session (auth0/nextjs-auth0#2100, supabase/ssr PR#172)',
    'no Vary: Cookie in a response that depends on the session (Flask CVE-2023-30861, CVE-2026-27205)',
    'a proxy that is configured to ignore Set-Cookie and Cache-Control',
  ],
  mend: [
    {
      stack: 'every app',
      how: 'send Cache-Control: private, no-store with every response that depends on the session or sets its cookie',
    },
    { stack: 'Express', how: 'set it in a middleware after the session, if req.session has a user' },
    {
      stack: 'Django',
      how: 'use @never_cache or cache_control(private=True) on signed-in views; the session middleware adds Vary: Cookie',
    },
    {
      stack: 'Rails',
      how: 'do not call expires_in …, public: true on signed-in pages: private is the default',
    },
    { stack: 'Spring', how: 'keep Spring Security’s cache headers on' },
    {
      stack: 'nginx',
      how: 'do not set proxy_ignore_headers for Set-Cookie and Cache-Control; set proxy_cache_bypass and proxy_no_cache on the session cookie',
    },
    {
      stack: 'CDN',
      how: 'add a rule that passes requests with the session cookie, and never stores responses with Set-Cookie',
    },
  ],
  standards: ['OWASP ASVS 5.0 14.2.1: sensitive data is not exposed through caches and URLs'],
};
