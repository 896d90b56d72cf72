import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'cookie-policy',
  definition:
    'Cookies that carry the session have HttpOnly, SameSite, Secure on https, at most 4096 bytes, and unique values ' +
    'with room for at least 64 bits, on every instance and every path that sets them. Their value never stands in a ' +
    'URL or body. A request without a cookie to a health check or a static file sets none. The claim ' +
    '`cookie-policy: asvs` also requires 128 bits and a name that begins with __Host- or __Secure-. A cookie whose ' +
    'value is equal for different users does not carry the session, and is not judged. EXPOSED: one of these is not ' +
    'so.',
  picture: `
  1  login   ├──┤  on app-1   Set-Cookie: sid=…; Path=/; HttpOnly; SameSite=Lax
  2  login   ├──┤  on app-2   Set-Cookie: sid=…; Path=/                  no HttpOnly`,
  causes: [
    'defaults of an old framework, or a second place that sets the cookie without them',
    'TLS ends at the balancer, and the app believes that it speaks plain http: no Secure, or no cookie at all (expressjs/session#281)',
    'a proxy that folds several Set-Cookie lines into one, joined by commas: clients lose all cookies but the first',
    'session data in the cookie that grows past 4096 bytes: browsers drop it without a word (expressjs/cookie-session#35)',
    'a session for every request without a cookie: health checks and bots fill the store (expressjs/session#541)',
    'ids that are numbers, times or the output of rand(): long, and guessed all the same (vanilla/vanilla#1163, amule-project/amule#870)',
    'ids in URLs (;jsessionid=, PHPSESSID=) that end in logs, referrers and caches',
  ],
  mend: [
    {
      stack: 'every app',
      how: 'ids of 128 bits from the random numbers of the operating system: best those of the framework',
    },
    {
      stack: 'Express',
      how: "cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto' }, trust proxy set, saveUninitialized: false, and health checks before the session",
    },
    {
      stack: 'Django',
      how: 'SESSION_COOKIE_SECURE, SESSION_COOKIE_HTTPONLY, SESSION_COOKIE_SAMESITE, SECURE_PROXY_SSL_HEADER',
    },
    { stack: 'Rails', how: 'config.force_ssl, session_store with secure, httponly and same_site' },
    { stack: 'Laravel', how: 'secure, http_only and same_site in config/session.php; TrustProxies' },
    {
      stack: 'Spring',
      how: 'server.servlet.session.cookie.http-only, .secure, .same-site; tracking-modes=cookie',
    },
    { stack: 'ASP.NET', how: 'Cookie.HttpOnly, SecurePolicy = Always, SameSite = Lax; forwarded headers' },
    {
      stack: 'PHP',
      how: 'session.cookie_httponly, cookie_secure, cookie_samesite, use_only_cookies = 1, sid_length',
    },
    { stack: 'nginx', how: 'proxy_set_header X-Forwarded-Proto $scheme' },
  ],
  standards: [
    'OWASP ASVS 5.0 3.3.1 to 3.3.5: cookie attributes, prefixes and size',
    'OWASP ASVS 5.0 7.2.3: 128 bits of entropy',
    'OWASP WSTG-SESS-02 and 04: cookie attributes, exposed session variables',
  ],
};
