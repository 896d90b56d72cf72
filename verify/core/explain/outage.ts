import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'outage',
  definition:
    'While the store is down, a response comes within the declared deadline. It is a 5xx or the right ' +
    'response, never signed out, and leaves the cookie untouched. After the store is back, live sessions ' +
    'live. LOGOUT: a live session was shown as signed out, its cookie was deleted, or it was lost afterwards. ' +
    'HANG: a response came later than the deadline, or never. An outage counts only if it was seen to take ' +
    'effect.',
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
    { stack: 'ASP.NET', how: 'set abortConnect=false and syncTimeout; do not ignore errors of the commit' },
    { stack: 'every app', how: 'handle health checks and static files before the session middleware' },
  ],
  standards: [],
};
