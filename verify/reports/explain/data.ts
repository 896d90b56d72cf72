/** Explains the guarantees on data of a session or user, such as read-your-writes. */
import type { Explanation } from './explanation.ts';

export const data: readonly Explanation[] = [
  {
    guarantee: 'read-your-writes',
    definition:
      'A read shows every write of its session that was acknowledged before the read was called, or a later state. ' +
      'STALE: a read shows neither the write nor a later state. A write whose response is an error, the login page ' +
      'or "try again" is not acknowledged. A read that overlaps the write need not show it.',
    picture: `
  1  add "x"      ├──┤          on app-1   acknowledged
  2  read basket        ├──┤    on app-2   "x" is not there`,
    causes: [
      'a response that is sent before the session is saved: the browser follows the redirect before the save ends (expressjs/session#360, jetty/jetty.project#3936)',
      'reads from a replica that lags behind the primary (laravel/framework#22164, spring-projects/spring-session#3026)',
      'a copy of the session in the memory of each instance',
      'a save that fails after the header was sent, or whose error is only logged: the client got a 2xx (dotnet/AspNetCore.Docs PR#4870)',
      'parallel requests that save whole sessions over each other: see no-lost-updates',
    ],
    mend: [
      {
        stack: 'Express',
        how: 'at every change, wait for req.session.save before the response, and respond 503 if it fails',
      },
      { stack: 'Redis', how: 'read sessions from the primary; WAIT only shortens the time of stale reads' },
      {
        stack: 'Laravel',
        how: 'use the sticky option of read/write connections, or keep sessions on the write connection',
      },
      { stack: 'Spring', how: 'use Spring Session with FlushMode.IMMEDIATE if a response may be sent early' },
    ],
    standards: ['Session guarantees: Terry et al., 1994'],
  },
  {
    guarantee: 'monotonic-reads',
    definition:
      'A read never shows an older state than an earlier read of its session. BACK: a read lacks a value that an ' +
      'earlier read showed, although nothing removed it; or a read shows again a value that had disappeared.',
    picture: `
  1  read basket  ├──┤              on app-1   shows "x"
  2  read basket        ├──┤        on app-2   "x" is gone
  3  read basket              ├──┤  on app-1   shows "x"`,
    causes: [
      'a copy of the session in the memory of each instance, with lost invalidation messages (saleor/saleor#2354, redisson/redisson#1868)',
      'several replicas behind one address, each with a different lag',
      'a failover to a replica that had not received the last writes (redis.io: WAIT)',
      'sessions that are hashed over a list of stores: a store that leaves the list and comes back has old copies (twitter/twemproxy#109)',
    ],
    mend: [
      {
        stack: 'every app',
        how: 'do not cache sessions in the process, or check the cached version at every request',
      },
      { stack: 'Redis', how: 'read from one node; after a failover, expect that sessions may be older' },
      {
        stack: 'memcached',
        how: 'use consistent hashing with a fixed list; never add a removed node again with its old content',
      },
    ],
    standards: ['Session guarantees: Terry et al., 1994'],
  },
  {
    guarantee: 'no-lost-updates',
    definition:
      'Every acknowledged add of overlapping requests is in the final state of its object. CLOBBER: an add was ' +
      'acknowledged, no operation removed it, and the final reads do not show it. The standard sessions of ' +
      'Express, Django, Laravel and others write the whole session back at the end of each request, so they ' +
      'lose parallel updates. Claim this guarantee only for a store that saves single attributes or checks ' +
      'versions.',
    picture: `
  1  add "b41"    ├────────┤            on app-1   acknowledged
  2  add "b42"        ├────────┤        on app-2   acknowledged
  3  read basket                 ├──┤   on app-1   "b41" is gone`,
    causes: [
      'each request loads and saves the whole session: the last save wins (SerayaEryn/fastify-session#237, laravel/framework#7549)',
      'resave: true, or a touch that stores a full copy: even a slow read overwrites a write (expressjs/session#71)',
      'session data in the cookie: the last Set-Cookie wins (rack/rack-session PR#24)',
      'a session lock with a short timeout: when it expires, the request goes on without the lock (phpredis/phpredis#2382)',
    ],
    mend: [
      {
        stack: 'Express',
        how: 'set resave: false; keep data that changes in parallel outside the session (own keys, HSET, a table), or use a store that saves attributes',
      },
      { stack: 'Laravel', how: 'use Route::…->block() for routes that write the session' },
      {
        stack: 'Spring',
        how: 'use one attribute for each value that changes: Spring Session on Redis saves changed attributes only',
      },
      {
        stack: 'PHP',
        how: 'switch session locking on (redis.session.locking_enabled=1), with a timeout longer than the slowest request',
      },
      {
        stack: 'Django',
        how: 'make parallel changes in the database, with F() expressions or select_for_update, and not in request.session',
      },
    ],
    standards: [],
  },
  {
    guarantee: 'at-most-once',
    definition:
      'No operation takes effect twice. DOUBLE: a value that was added once is there twice, or a counter is higher ' +
      'than the sum of its increments. Only a probe that counts shows this: a list with repeats, or a counter. A ' +
      'set does not show a second add, so with a set the verdict is unknown.',
    picture: `
  1  add "x"      ├──────────────┤     sent once, tried on app-1 and app-2
  2  read basket                  ├──┤ shows "x", "x"`,
    causes: [
      'a balancer that resends a write after a timeout or a broken connection (proxy_next_upstream … non_idempotent, retry policies of service meshes)',
      'an HTTP client or a service worker that retries POST',
      'a queue or a job with at-least-once delivery, without a key that identifies a repeated delivery',
    ],
    mend: [
      {
        stack: 'nginx',
        how: 'do not set non_idempotent in proxy_next_upstream; retry only if nothing was sent',
      },
      {
        stack: 'Envoy, Istio',
        how: 'for routes that write, retry only on connect-failure and refused-stream',
      },
      {
        stack: 'every app',
        how: 'give each form or request an idempotency key, and check it where the write happens',
      },
    ],
    standards: [],
  },
  {
    guarantee: 'linearizability',
    definition:
      'The operations on an object have an order in which each takes effect at one point between its call and ' +
      'its return, and every read shows the state at its point. NONLINEAR: no such order exists. This guarantee ' +
      'implies read-your-writes, monotonic-reads, no-lost-updates and at-most-once of the same object.',
    picture: `
  1  set "2"   ├──────────────────┤   on app-1
  2  read           ├──┤              on app-2   shows "2"
  3  read                  ├──┤       on app-1   shows "1", although "2" was shown before`,
    causes: [
      'every cause that breaks read-your-writes, monotonic-reads or no-lost-updates',
      'reads from replicas or caches while a write is in flight: one client has seen the write, the next one has not',
      'a write that becomes visible in several steps',
    ],
    mend: [
      {
        stack: 'Redis',
        how: 'use one primary for reads and writes, and one command or one Lua script for each change',
      },
      { stack: 'SQL', how: 'use SERIALIZABLE, or one statement that reads and changes at once' },
      {
        stack: 'every app',
        how: 'check whether you need this guarantee: the session guarantees are enough for most pages',
      },
    ],
    standards: ['Herlihy and Wing, 1990'],
  },
];
