/** Checks one-session: if a new client sends its first requests in parallel, its login works, and the session lives. */
import { counted, grouped } from '../result/format.ts';
import { atMost, check, few } from './framework.ts';
import { ENOUGH, Logins, OneSession, violationsIn } from './one-session-judge.ts';

export const oneSession = check({
  guarantee: 'one-session',
  assumes: 'the first requests of a session come from a client without cookies',
  minimum: `${ENOUGH} logins after overlapping first requests, and ${ENOUGH} other logins, all with sessions that were used`,
  judge: OneSession,
  counts: Logins,
  violations: violationsIn,
  compared: ({ parallel }) => parallel.lived + parallel.failed,
  missing({ parallel, single }) {
    const where = ' after overlapping first requests of a new client';
    const how = 'send several requests at once, then log in';
    const fewParallel = few(parallel.lived + parallel.failed, ENOUGH, 'login', where, how);
    if (fewParallel !== undefined) return fewParallel;
    if (single.lived < ENOUGH)
      return `${counted(single.lived, 'session')} without parallel first requests lived, but the comparison needs ${ENOUGH}`;
    return parallel.failed > 0
      ? 'sessions without parallel first requests fail as well: restore continuity first'
      : undefined;
  },
  rests: ({ parallel, single }) => ({
    'after parallel first requests': parallel.lived + parallel.failed,
    'without them': single.lived,
  }),
  rulesOut: ({ parallel }) => `${atMost(parallel.lived)} of logins after parallel first requests fail`,
  broken: (failed, { parallel }) =>
    `${grouped(failed)} of ${counted(parallel.lived + failed, 'login')} after parallel first requests failed`,
  remarks: ({ several }) => [[several > 0, `${counted(several, 'client')} got more than one session id`]],
});
