/** Explains the guarantees during and after faults, and the guarantee `evidence`. */
import type { Explanation } from './explanation.ts';

export const faults: readonly Explanation[] = [
  {
    guarantee: 'outage',
    definition:
      'While the store is down, a response comes within the declared deadline. The response is a 5xx or the right ' +
      'one, is never signed out, and leaves the cookie untouched. After the store is back, sessions from before the ' +
      'outage still live. LOGOUT: a live session was shown as signed out, its cookie was deleted, or it was lost ' +
      'afterwards. HANG: a response came later than the deadline, or never. An outage counts only if its effect was ' +
      'seen.',
    picture: `
  store   ════════╗ down ╔═══════════════
  1  read  ├─┤                                   signed in
  2  read           ├─┤                          303 to /login, and the cookie is deleted: LOGOUT
  3  read                      ├─┤               signed out, though the store is back`,
    causes: [
      'an app that treats a failed lookup as “no such session”: it replaces the good cookie by a new id, or deletes it (sourcegraph/sourcegraph-public-snapshot#37016, betagouv/rdv-service-public#3469)',
      'a session middleware that does nothing while the store is down: the user sees the anonymous page (tj/connect-redis#88)',
      'store clients that queue commands without a timeout: every request waits, also those for static files and health checks (tj/connect-redis#373, redis/ioredis#1014)',
      'an instance that never reconnects (tj/connect-redis#194), or that still writes to a demoted primary (StackExchange/StackExchange.Redis#2264)',
      'a store without persistence: it is empty after a restart (appsmithorg/appsmith#9113)',
    ],
    mend: [
      {
        stack: 'Express',
        how: 'respond 503 when the store fails, before any code changes the cookie; express-session passes the error to next(err): do not begin a new session there',
      },
      {
        stack: 'ioredis',
        how: 'set enableOfflineQueue: false, commandTimeout, maxRetriesPerRequest: 1, and reconnectOnError for READONLY',
      },
      {
        stack: 'Django',
        how: 'for sessions, use a cache back end that raises (no IGNORE_EXCEPTIONS); set socket_timeout and socket_connect_timeout',
      },
      {
        stack: 'Spring',
        how: 'set spring.data.redis.timeout and connect-timeout; respond 503 to a RedisConnectionFailureException',
      },
      {
        stack: 'ASP.NET',
        how: 'set abortConnect=false and syncTimeout; do not ignore the errors of CommitAsync',
      },
      { stack: 'every app', how: 'handle health checks and static files before the session middleware' },
    ],
    standards: [],
  },
  {
    guarantee: 'survival',
    definition:
      'At the final reads, the declared share of sessions and of acknowledged writes survived each fault. If no ' +
      'share is declared, all must survive. A session that is honoured at the end survived every fault that ' +
      'began after its login. A lost session counts against the faults between its last honoured request and ' +
      'its first refusal. Writes are looked for in the final reads of their object. A fault without writes ' +
      'before it is no evidence. GONE: fewer sessions or writes survived a fault than declared.',
    picture: `
  store  ═══════════╗ restart ╔══════════
  1  login   ├─┤                                 logged in
  2  add "b41"   ├─┤                             acknowledged
  3  read (final)                     ├─┤        signed out: GONE`,
    causes: [
      'a store that writes nothing to disk, or too seldom: a restart loses the data (appsmithorg/appsmith#9113, cozuya/secret-hitler#1150)',
      'a failover to a replica that lags: acknowledged writes are lost (redis.io/commands/WAIT)',
      'eviction under memory pressure, in a cache that also holds sessions (dimagi/commcare-cloud PR#1865)',
      'sessions in the memory of an instance that is replaced, or secrets that are generated at each start',
      'an instance that exits at SIGTERM while requests still save (bcgov/cas-ciip-portal#1939)',
      'keys that move to other nodes when the list of nodes changes (twitter/twemproxy#109)',
    ],
    mend: [
      {
        stack: 'Redis',
        how: 'set appendonly yes and appendfsync always (everysec loses up to 2 s if Redis is killed while the disk is slow); keep sessions in a separate Redis with maxmemory-policy noeviction',
      },
      {
        stack: 'ElastiCache',
        how: 'use Multi-AZ with replicas; use MemoryDB if no acknowledged write may be lost',
      },
      {
        stack: 'Express',
        how: 'drain at SIGTERM: stop listening, wait for requests in flight, then close the store',
      },
      {
        stack: 'Kubernetes',
        how: 'use a preStop sleep, fail the readiness probe first, and set terminationGracePeriodSeconds longer than the slowest request',
      },
      {
        stack: 'secrets',
        how: 'load secrets from a secret store, and rotate them by a list: the new secret signs, and the old ones are still accepted',
      },
    ],
    standards: [],
  },
  {
    guarantee: 'availability',
    definition:
      'In each fault window four values stay within the declared budget of the fault: the share of errors, the ' +
      'longest gap in which requests waited and no response came, the longest wait of a client, and the time to ' +
      'recover. Outside fault windows no error may occur, and the declared longest wait holds as well. An ' +
      'instance that does not become healthy again, or never becomes ready, is a violation. Refusals (403, 409, ' +
      '429) are not errors. Requests that Baton itself cancelled do not count. DOWN: an error without a fault, ' +
      'or more than the budget in a fault window.',
    picture: `
  fault            ╔ rolling restart ╗
  reads   ok ok ok ok 502 502 502 ok ok ok ok 502
                      └─ gap ─┘              └─ after the fault: DOWN`,
    causes: [
      'instances that exit before the balancer has removed them, or before their requests have ended (kubernetes/ingress-nginx#2846)',
      'two concurrent first writes of a session that collide in the store: the app responds 500 (spring-projects/spring-session#1213)',
      'a session lock that lasts for the whole request: a slow request blocks the others, and after a crash they wait until the lock expires (snc/SncRedisBundle#258, magento/magento2#17310)',
      'leaked connections to the store, or more connections than it allows (simplesamlphp/simplesamlphp#203)',
      'an affinity cookie that names an instance which no longer exists (traefik/traefik#1299)',
      'startup code that needs commands which a managed store forbids: the instance never becomes healthy (spring-projects/spring-session#124)',
    ],
    mend: [
      {
        stack: 'every app',
        how: 'at SIGTERM, fail the health check, keep serving until the balancer has removed the instance, then drain',
      },
      {
        stack: 'nginx',
        how: 'set proxy_next_upstream error timeout for requests that are safe to repeat; set max_fails and fail_timeout',
      },
      { stack: 'Kubernetes', how: 'use readiness probes, a preStop hook, and maxUnavailable: 0' },
      {
        stack: 'ELB, ALB',
        how: 'set a deregistration delay longer than the slowest request, and health checks that fail sooner than the drain ends',
      },
      { stack: 'PHP', how: 'release the session lock early: session_write_close(), read_and_close' },
      {
        stack: 'Spring',
        how: 'set spring.session.redis.configure-action=none on managed Redis; write attributes by upserts',
      },
    ],
    standards: [],
  },
  {
    guarantee: 'evidence',
    definition:
      'The response header, the balancer log and the instance logs agree on the instance that served each request. ' +
      'Each request that may change something was served once. DISPUTED: two sources name different instances, or ' +
      'two instances served one write. All other verdicts about instances depend on this verdict.',
    picture: `
  request 4711   the response says app-1
                 the balancer log says app-2
                 the log of app-2 contains the request`,
    causes: [
      'the same instance name in the image, or in the environment, of all instances',
      'a cache or a proxy between balancer and instance that adds the header',
      'a balancer that resends a write after a timeout (proxy_next_upstream … non_idempotent): both instances served it',
      'logs without the request id, or logs that were rotated during the run',
    ],
    mend: [
      { stack: 'app', how: 'name the instance at run time by its host name, pod name or task id' },
      { stack: 'nginx', how: 'log $upstream_addr and $http_x_request_id as JSON; do not set non_idempotent' },
      { stack: 'Kubernetes', how: 'set INSTANCE_ID from the downward API (metadata.name)' },
    ],
    standards: [],
  },
];
