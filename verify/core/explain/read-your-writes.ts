import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'read-your-writes',
  definition:
    'A read that is called after an acknowledged write of its session returned shows that write or a later ' +
    'state. STALE: it shows neither. A write whose response is an error, the login page or "try again" is not ' +
    'acknowledged. A read that overlaps the write need not show it.',
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
    { stack: 'Redis', how: 'read sessions from the primary; WAIT only makes the window shorter' },
    {
      stack: 'Laravel',
      how: 'use the sticky option of read/write connections, or keep sessions on the write connection',
    },
    { stack: 'Spring', how: 'use Spring Session with FlushMode.IMMEDIATE if a response may be sent early' },
  ],
  standards: ['Session guarantees: Terry et al., 1994'],
};
