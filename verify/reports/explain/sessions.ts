/** Explains the guarantees on requests of a live session. */
import type { Explanation } from './explanation.ts';

export const sessions: readonly Explanation[] = [
  {
    guarantee: 'continuity',
    definition:
      'Every request of a live session gets a response that is signed in as its user, on every instance. No ' +
      'response leaves the client without its session cookie, or with a cookie that is not signed in. A login ' +
      'that begins on one instance can be finished on another. LOSS: a response to a live session was signed ' +
      'out, or deleted its only cookie; or a login that began on one instance was refused by another, for an ' +
      'account that is accepted elsewhere. A 5xx, a reset or a "403 forbidden" is not LOSS, and says nothing ' +
      'about the session. A page of another user is BLEED.',
    picture: `
  1  login  ├──┤              on app-1   logged in
  2  read         ├──┤        on app-2   303 to /login: signed out
  3  read               ├──┤  on app-1   signed in`,
    causes: [
      'sessions in the memory or on the disk of one instance, the default of many frameworks: the other instances do not know them (expressjs/session#256)',
      'a different secret or encryption key on each instance, often generated at startup: the other instances refuse the cookie and replace it by a new one (diaspora/diaspora#7659, goharbor/harbor#21060)',
      'form or CSRF tokens in the memory of one process: a login works only on the instance that gave the form (parse-community/parse-dashboard#3015)',
      'sessions that are bound to the client address, while the app sees the address of the balancer (luyadev/luya-module-admin#346)',
      'an app that treats a short outage of the store as "no session": it deletes the cookie, and the user stays signed out afterwards (sourcegraph/sourcegraph-public-snapshot#37016)',
      'two versions of the app during a deploy that cannot read each other’s sessions (spring-projects/spring-session#280)',
    ],
    mend: [
      {
        stack: 'Express',
        how: 'give express-session a shared store (connect-redis, connect-pg-simple) and one secret from the environment',
      },
      {
        stack: 'Django',
        how: 'set SESSION_ENGINE = "…cached_db" or "…db" on a shared database, and one SECRET_KEY for all instances',
      },
      {
        stack: 'Rails',
        how: 'set one secret_key_base for all instances; use the cookie store or a shared cache store',
      },
      {
        stack: 'Laravel',
        how: 'set SESSION_DRIVER to redis or database instead of file, and one APP_KEY for all instances',
      },
      { stack: 'Spring', how: 'use Spring Session on Redis or JDBC instead of the container’s own sessions' },
      {
        stack: 'ASP.NET',
        how: 'store the Data Protection keys where all instances read them; use a distributed cache for session state',
      },
      { stack: 'PHP', how: 'set session.save_handler = redis, and one save_path for all instances' },
      {
        stack: 'balancer',
        how: 'do not rely on sticky sessions: they only hide the problem until an instance is removed',
      },
    ],
    standards: ['OWASP WSTG-SESS-01: testing for session management schema'],
  },
  {
    guarantee: 'isolation',
    definition:
      'Every identity and every canary in the responses of a session belongs to the user of the session, in body ' +
      'and headers. No session id is issued to two users; stateless tokens of one user may be equal. A cookie with ' +
      'an equal value for different users is not a session id, if the app distinguishes the users. A canary is an ' +
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
  },
  {
    guarantee: 'instances-agree',
    definition:
      'All instances respond to the same session in the same way: no instance always refuses the session, ' +
      'responds with an error, or sets cookies with other attributes. Each ordered pair of instances is judged: ' +
      'the instance that logged in, wrote last or gave the page, and the instance that serves. SKEW: one pair ' +
      'gives a response more often than chance explains, and other pairs do not, while the same session is live ' +
      'on other instances; or two instances set the cookie in different ways. One slow or overloaded response, ' +
      'or a conflict, is not a difference. A session that only one instance knows is LOSS. Clocks that are ' +
      'certainly more than 2 s apart are reported with their offset. Under the claim `strict` they are SKEW too. ' +
      'OUTDATED: after a fault, such as the deploy of a new version, the app treats older sessions differently ' +
      'from new ones. It refuses a form that it sent before the fault, responds differently to a request for the ' +
      'same page, or sets cookies with other attributes for new sessions only.',
    picture: `
  1  read           ├──┤              on app-1   200, with a form
  2  add "b41"            ├──┤        on app-2   403
  3  add "b42"                  ├──┤  on app-1   acknowledged
     page from app-1, posted to app-2: 403 in 50 of 50`,
    causes: [
      'form or CSRF tokens, one-time links or handshakes in the memory of one process: an instance refuses those of another instance (parse-community/parse-dashboard#3015, drakkan/sftpgo#1895)',
      'two versions of the app during a deploy: the new version writes sessions that the old one cannot read (spring-projects/spring-session#280, rails/rails PR#37628)',
      'different configuration on each host: another secret, another cookie domain, another idle timeout',
      'an instance that stays broken after an outage of the store, since it never reconnects (tj/connect-redis#194)',
      'clocks that are not synchronised: each instance expires sessions, tokens and cookies by its own clock (spring-projects/spring-session#1001)',
      'a release that changes the secret of form tokens, needs a field that only a login of the new version sets, or changes the Path or Domain of the cookie (expressjs/session#448)',
    ],
    mend: [
      {
        stack: 'every app',
        how: 'accept sessions of the previous version: accept its form tokens, fill in the fields that its sessions lack, and set its cookies again',
      },
      {
        stack: 'every app',
        how: 'load one configuration on all instances from one place; show its hash in the health check',
      },
      {
        stack: 'Express',
        how: 'sign CSRF tokens or keep them in the session (csrf-csrf), never in a module variable',
      },
      {
        stack: 'Spring',
        how: 'use a session serialization that both versions read; deploy the reader first, then the writer',
      },
      { stack: 'Rails', how: 'set cookies_serializer :hybrid while two versions run' },
      { stack: 'operations', how: 'run chrony, or the time service of the cloud, on every host' },
    ],
    standards: [],
  },
  {
    guarantee: 'routing',
    definition:
      'Requests reach the instances as claimed. `spread`: every session with enough requests reaches several ' +
      'instances, and the shares fit the weights, which are equal if none are declared. A share does not fit if it ' +
      'is off by more than a fifth, and the chi-square test, corrected for the number of tests, gives p < 10⁻⁶. If ' +
      'an instance serves nothing for some time while requests of several sessions come, and nothing shows whether ' +
      'it ran, these requests do not count, and the verdict is not valid. `sticky`: a session changes its instance ' +
      'only if that instance was unavailable, or the set of instances changed. `least-outstanding`: all instances ' +
      'serve requests. PINNED: an instance gets too small a share of the requests, or a session stays on one ' +
      'instance. UNPINNED: a session moved although its instance was available and the set of instances had not ' +
      'changed.',
    picture: `
  claimed spread                     claimed sticky
  s1  app-1 app-1 app-1 app-1 …      s1  app-1 app-1 app-2 app-1 …
      PINNED                                     UNPINNED`,
    causes: [
      'forgotten stickiness: a balancer cookie, ip_hash, sessionAffinity: ClientIP (kubernetes-sigs/aws-load-balancer-controller#855)',
      'keep-alive connections to a balancer that routes connections (L4): all requests of a client go to one instance',
      'an instance that runs but is not registered, or that fails its health check',
      'nginx without a `zone` in the upstream: each worker has its own rotation',
      'an affinity that is lost at every reload, or whenever the set of instances changes (kubernetes/ingress-nginx#3089)',
    ],
    mend: [
      {
        stack: 'nginx',
        how: 'to spread, set `zone` in the upstream: all workers then share one rotation; for stickiness, use `sticky cookie` (1.29.6 or newer), or `hash` with `consistent`',
      },
      { stack: 'ALB', how: 'to spread, set the target group attribute stickiness.enabled=false' },
      {
        stack: 'Kubernetes',
        how: 'set sessionAffinity: None, and remove the affinity annotation of the ingress',
      },
    ],
    standards: [],
  },
];
