/** Explains the guarantees on cookie attributes and caching headers. */
import type { Explanation } from './explanation.ts';

export const responses: readonly Explanation[] = [
  {
    guarantee: 'cookie-policy',
    definition:
      'Every cookie that carries the session has HttpOnly, SameSite, Secure on https, at most 4096 bytes, and ' +
      'unique values with room for at least 64 bits. That holds on every instance and on every path that sets ' +
      'the cookie. Its value never appears in a URL or a body. The response to a request without a cookie for a ' +
      'health check or a static file sets no session cookie. The claim `cookie-policy: asvs` also requires 128 ' +
      'bits and a name that begins with __Host- or __Secure-. A cookie with an equal value for different users ' +
      'does not carry the session, and is not judged. EXPOSED: one of these rules is broken.',
    picture: `
  1  login   ├──┤  on app-1   Set-Cookie: sid=…; Path=/; HttpOnly; SameSite=Lax
  2  login   ├──┤  on app-2   Set-Cookie: sid=…; Path=/                  no HttpOnly`,
    causes: [
      'the defaults of an old framework, or a second place in the code that sets the cookie without these attributes',
      'TLS that ends at the balancer: the app sees plain http, and sets the cookie without Secure, or not at all (expressjs/session#281)',
      'a proxy that joins several Set-Cookie lines into one by commas: clients lose all cookies but the first',
      'session data in the cookie that grows beyond 4096 bytes: browsers drop the cookie without an error (expressjs/cookie-session#35)',
      'a new session for every request without a cookie: health checks and bots fill the store (expressjs/session#541)',
      'ids that are numbers, times or the output of rand(): even long ones can be guessed (vanilla/vanilla#1163, amule-project/amule#870)',
      'ids in URLs (;jsessionid=, PHPSESSID=): logs, Referer headers and caches then contain them',
    ],
    mend: [
      {
        stack: 'every app',
        how: 'use ids of 128 bits from the random generator of the operating system, best through the framework',
      },
      {
        stack: 'Express',
        how: "set cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto' }, trust proxy, and saveUninitialized: false; handle health checks before the session middleware",
      },
      {
        stack: 'Django',
        how: 'set SESSION_COOKIE_SECURE, SESSION_COOKIE_HTTPONLY, SESSION_COOKIE_SAMESITE and SECURE_PROXY_SSL_HEADER',
      },
      { stack: 'Rails', how: 'set config.force_ssl, and session_store with secure, httponly and same_site' },
      {
        stack: 'Laravel',
        how: 'set secure, http_only and same_site in config/session.php; configure TrustProxies',
      },
      {
        stack: 'Spring',
        how: 'set server.servlet.session.cookie.http-only, .secure and .same-site, and tracking-modes=cookie',
      },
      {
        stack: 'ASP.NET',
        how: 'set Cookie.HttpOnly, SecurePolicy = Always and SameSite = Lax; enable forwarded headers',
      },
      {
        stack: 'PHP',
        how: 'set session.cookie_httponly = 1, cookie_secure = 1 and use_only_cookies = 1, and choose cookie_samesite and sid_length',
      },
      { stack: 'nginx', how: 'set proxy_set_header X-Forwarded-Proto $scheme' },
    ],
    standards: [
      'OWASP ASVS 5.0 3.3.1 to 3.3.5: cookie attributes, prefixes and size',
      'OWASP ASVS 5.0 7.2.3: 128 bits of entropy',
      'OWASP WSTG-SESS-02 and 04: cookie attributes, exposed session variables',
    ],
  },
  {
    guarantee: 'private-responses',
    definition:
      'A signed-in page, or a response that sets the session cookie, is not explicitly fresh for a shared cache. ' +
      'A response is fresh if it has `public`, `s-maxage`, `max-age` or `Expires` in the future, without ' +
      '`private`, `no-store`, `no-cache` or `Vary: Cookie`. No such response was served from a cache. Baton ' +
      'recognises a cache by Cache-Status, X-Cache and similar headers (MISS and HIT-FOR-PASS are not hits), or ' +
      'by an Age that is greater than the time of the request. A response without any directive is reported; ' +
      'under the claim `private-responses: strict` it is a violation. CACHED: a shared cache may serve such a ' +
      'response to another user, or did.',
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
      {
        stack: 'Express',
        how: 'in a middleware after the session middleware, set Cache-Control if req.session has a user',
      },
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
  },
];
