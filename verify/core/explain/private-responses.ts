import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'private-responses',
  definition:
    'A signed-in page, or a response that sets the session cookie, is not explicitly fresh for a shared ' +
    'cache: `public`, `s-maxage`, `max-age` or `Expires` in the future, without `private`, `no-store`, ' +
    '`no-cache` or `Vary: Cookie`. No response was seen to be served from a cache: Cache-Status, X-Cache and the like ' +
    'say so (MISS and HIT-FOR-PASS are no hits), or an Age that is greater than the time of the request. A response ' +
    'without any directive is reported; under the claim `private-responses: strict` it is a violation. CACHED: a ' +
    'shared cache may serve such a response to another user, or did.',
  picture: `
  alice  read /me  ├──┤         200  Cache-Control: max-age=60
  bob    read /me        ├──┤   a cache in between may answer with alice’s page`,
  causes: [
    'caching headers set for the whole site, signed in or not',
    'frameworks that mark pages as static although they read the session (auth0/nextjs-auth0#2100, supabase/ssr PR#172)',
    'Vary: Cookie missing where the session was read (Flask CVE-2023-30861, CVE-2026-27205)',
    'a proxy that is told to ignore Set-Cookie and Cache-Control',
  ],
  mend: [
    {
      stack: 'every app',
      how: 'Cache-Control: private, no-store with whatever depends on the session or sets its cookie',
    },
    { stack: 'Express', how: 'a middleware after the session that sets it when req.session holds a user' },
    {
      stack: 'Django',
      how: '@never_cache or cache_control(private=True) on signed-in views; the session middleware adds Vary: Cookie',
    },
    { stack: 'Rails', how: 'private is the default: do not expires_in …, public: true on signed-in pages' },
    { stack: 'Spring', how: 'keep Spring Security’s cache headers on' },
    {
      stack: 'nginx',
      how: 'no proxy_ignore_headers for Set-Cookie and Cache-Control; proxy_cache_bypass and proxy_no_cache on the session cookie',
    },
    {
      stack: 'CDN',
      how: 'a rule that passes requests with the session cookie, and never stores responses with Set-Cookie',
    },
  ],
  standards: ['OWASP ASVS 5.0 14.2.1: sensitive data is not exposed through caches and URLs'],
};
