import type { Explanation } from './explanation.ts';

export const entry: Explanation = {
  guarantee: 'read-your-writes',
  definition:
    'A read that is called after an acknowledged write of its session returned shows that write or a later state. ' +
    'STALE: it did not. A write that was answered by an error, the login page or "try again" is not acknowledged, ' +
    'and a read that overlaps the write owes it nothing.',
  picture: `
  1  add "x"      ├──┤          on app-1   acknowledged
  2  read basket        ├──┤    on app-2   "x" is not there`,
  causes: [
    'the answer leaves before the session is saved: the redirect reaches the browser first (expressjs/session#360, jetty/jetty.project#3936)',
    'reads from a replica that lags behind the primary (laravel/framework#22164, spring-projects/spring-session#3026)',
    'a copy of the session kept in each instance’s memory',
    'a save that failed after the header was sent, or was logged and dropped: the client was told 2xx (dotnet/AspNetCore.Docs PR#4870)',
    'parallel requests that save whole sessions over each other: see no-lost-updates',
  ],
  mend: [
    {
      stack: 'Express',
      how: 'let req.session.save finish before the answer to every change, and answer its error with 503',
    },
    { stack: 'Redis', how: 'read sessions from the primary; WAIT narrows the window and does not close it' },
    {
      stack: 'Laravel',
      how: 'the sticky option of read/write connections, or sessions on the write connection',
    },
    { stack: 'Spring', how: 'Spring Session with FlushMode.IMMEDIATE where the answer may leave early' },
  ],
  standards: ['Session guarantees: Terry et al., 1994'],
};
