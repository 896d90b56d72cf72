import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'isolation',
  definition:
    'Every identity and every canary shown in a session is its own user’s, in body and headers, and no session id ' +
    'is issued to two users; stateless tokens of one user may be equal. A cookie whose value is equal for users that the ' +
    'app tells apart is no session id. A canary is an unguessable value that its user put into private state. BLEED: a ' +
    'response named another user, carried another user’s canary, or set a session id that another user was given.',
  picture: `
  1  add "…alice…"  ├──┤          user alice   acknowledged
  2  read basket          ├──┤    user bob     shows "…alice…", private to alice`,
  causes: [
    'a shared cache that stores a signed-in page, or replays one user’s Set-Cookie to others (auth0/nextjs-auth0#2100, Flask CVE-2023-30861)',
    'request data in a module variable or a singleton: two requests at once see each other’s user',
    'a session id drawn from too little randomness, or from a generator that is seeded alike in forked workers',
    'two apps, tenants or environments that share key prefix and secret in one store (dotCMS/core#35874)',
    'a logout that takes the user out of the session and leaves the rest, or a login that carries over what was there: the next user of the browser gets it (hmislk/hmis#22508)',
    'a pooled connection, or response object, handed on with what was for somebody else, because who had asked went away: the next user gets it (redis/redis-py#2624, the outage of ChatGPT on 20 March 2023)',
  ],
  mend: [
    {
      stack: 'every app',
      how: 'send Cache-Control: private, no-store with every signed-in page and with whatever sets the session cookie',
    },
    {
      stack: 'every app',
      how: 'end the whole session at logout, not only the user in it (session.destroy(), invalidate(), session.clear() beside logout_user()), and begin a new, empty one at login',
    },
    {
      stack: 'nginx',
      how: 'never proxy_ignore_headers Set-Cookie Cache-Control; proxy_no_cache and proxy_cache_bypass on the session cookie',
    },
    {
      stack: 'Redis',
      how: 'a prefix with a delimiter for each app and environment, or a database of its own',
    },
    {
      stack: 'Node',
      how: 'keep what belongs to a request on the request (AsyncLocalStorage), never in a module',
    },
  ],
  standards: ['OWASP ASVS 5.0 14.2.1: sensitive data is not exposed through caches and URLs'],
};
