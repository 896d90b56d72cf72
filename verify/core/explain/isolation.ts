import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'isolation',
  definition:
    'Every identity and every canary that a session is shown belongs to its own user, in body and headers. No ' +
    'session id is issued to two users; stateless tokens of one user may be equal. A cookie with an equal ' +
    'value for different users is not a session id, if the app distinguishes the users. A canary is an ' +
    'unguessable value that a user put into private state. BLEED: a response named another user, contained ' +
    'another user’s canary, or set a session id that was issued to another user.',
  picture: `
  1  add "…alice…"  ├──┤          user alice   acknowledged
  2  read basket          ├──┤    user bob     shows "…alice…", private to alice`,
  causes: [
    'a shared cache that stores a signed-in page, or sends one user’s Set-Cookie to others (auth0/nextjs-auth0#2100, Flask CVE-2023-30861)',
    'request data in a module variable or a singleton: two concurrent requests see each other’s user',
    'session ids from a weak random generator, or from one that has the same seed in all forked workers',
    'two apps, tenants or environments that share one store with the same key prefix and secret (dotCMS/core#35874)',
    'a logout that removes only the user from the session, or a login that keeps the old session data: the next user of the browser gets the data (hmislk/hmis#22508)',
    'a pooled connection or response object that is reused with an unread reply, because the first client disconnected: the next user gets the reply (redis/redis-py#2624, the outage of ChatGPT on 20 March 2023)',
  ],
  mend: [
    {
      stack: 'every app',
      how: 'send Cache-Control: private, no-store with every signed-in page, and with every response that sets the session cookie',
    },
    {
      stack: 'every app',
      how: 'at logout, end the whole session and not only its user (session.destroy(), invalidate(), session.clear() in addition to logout_user()); at login, begin a new, empty session',
    },
    {
      stack: 'nginx',
      how: 'never set proxy_ignore_headers Set-Cookie Cache-Control; set proxy_no_cache and proxy_cache_bypass on the session cookie',
    },
    {
      stack: 'Redis',
      how: 'give each app and environment a key prefix with a delimiter, or its own database',
    },
    {
      stack: 'Node',
      how: 'keep request data on the request (AsyncLocalStorage), never in a module',
    },
  ],
  standards: ['OWASP ASVS 5.0 14.2.1: sensitive data is not exposed through caches and URLs'],
};
