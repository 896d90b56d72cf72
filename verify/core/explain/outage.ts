import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'outage',
  definition:
    'While the store is down an answer comes within the declared deadline: a 5xx or the right one, never ' +
    'signed out, the cookie untouched; after the store is back, live sessions live. LOGOUT: a live session ' +
    'was shown as signed out, its cookie was taken away, or it was gone afterwards. HANG: an answer came ' +
    'later than the deadline, or never. An outage counts only once it was seen to bite.',
  picture: `
  store   ════════╗ down ╔═══════════════
  1  read  ├─┤                                   signed in
  2  read           ├─┤                          303 to /login, and the cookie is deleted: logged out
  3  read                      ├─┤               signed out, though the store is back`,
  causes: [
    'a lookup that failed is taken for “no such session”: a new id, or a deletion, goes over the good cookie (sourcegraph/sourcegraph-public-snapshot#37016, betagouv/rdv-service-public#3469)',
    'the session middleware steps aside while the store is away, and the page is shown as anonymous (tj/connect-redis#88)',
    'clients that queue commands without a time limit: every request waits, static files and health checks too (tj/connect-redis#373, redis/ioredis#1014)',
    'an instance that never reconnects (tj/connect-redis#194), or keeps writing to a demoted primary (StackExchange/StackExchange.Redis#2264)',
    'a store without persistence: it comes back empty (appsmithorg/appsmith#9113)',
  ],
  mend: [
    {
      stack: 'Express',
      how: 'answer 503 when the store errors, before anything touches the cookie; express-session passes the error to next(err): do not turn it into a new session',
    },
    {
      stack: 'ioredis',
      how: 'enableOfflineQueue: false, commandTimeout, maxRetriesPerRequest: 1, reconnectOnError for READONLY',
    },
    {
      stack: 'Django',
      how: 'a cache back end that raises (no IGNORE_EXCEPTIONS) for sessions; socket_timeout and socket_connect_timeout',
    },
    {
      stack: 'Spring',
      how: 'spring.data.redis.timeout and connect-timeout, and a 503 for RedisConnectionFailureException',
    },
    { stack: 'ASP.NET', how: 'abortConnect=false, syncTimeout; do not swallow errors of the commit' },
    { stack: 'every app', how: 'health checks and static files before the session' },
  ],
  standards: [],
};
