/** Checks expiry: sessions end at the declared idle and absolute timeouts, on every instance. */
import { counted, seconds } from '../result/format.ts';
import { declaredBy, Expiry, type Timeouts } from './expiry-judge.ts';
import { check, reached, tally, untried } from './framework.ts';
import { TIMEOUTS } from './life.ts';

export const expiry = check<Timeouts>({
  guarantee: 'expiry',
  assumes:
    'the timeouts and their renewal are declared in the target file; a jar may drop a cookie that expired',
  minimum:
    'for each declared timeout a session that lived through four fifths of it and one that was refused after it ' +
    'and before 1.25 times the timeout had passed; and that every instance refused an expired session',
  judge: Expiry,
  counts: () => ({
    ...{ lived: { idle: 0, absolute: 0 }, expired: { idle: 0, absolute: 0 } },
    ...{ lost: 0, strangers: 0, length: 0, tried: tally() },
  }),
  // If sessions are also lost without any wait, the refusals by instances that may not know the session are not
  // counted: the timeout is probably not the cause.
  violations: ({ violations, strangers, lost }) => violations + (lost === 0 ? strangers : 0),
  compared: ({ lived, expired }) => lived.idle + lived.absolute + expired.idle + expired.absolute,
  missing({ length, lived, expired, strangers, lost, tried }, run) {
    const declared = declaredBy(run);
    const named = TIMEOUTS.filter(timeout => declared[timeout] !== undefined);
    if (named.length === 0) return 'no timeout is declared: set `expiry` in the target file';
    for (const name of named) {
      const timeout = declared[name] ?? 0;
      const what = `the ${name} timeout of ${seconds(timeout, 1)}`;
      if (timeout > length) return `${what} is longer than the run`;
      if (lived[name] === 0) return `no session lived to near its end: ${what} was not tried`;
      if (expired[name] === 0) return `no session was requested soon after its end: ${what} was not tried`;
    }
    if (strangers > 0 && lost > 0)
      return 'sessions are lost without any wait, so sessions that were refused early may be lost too: restore continuity first';
    return untried(tried, 'expired session');
  },
  rests: ({ lived, expired, tried }) => ({
    'lived to near the end': lived.idle + lived.absolute,
    'expired in time': expired.idle + expired.absolute,
    instances: reached(tried),
  }),
  rulesOut(_counts, run) {
    const declared = declaredBy(run);
    const names = TIMEOUTS.flatMap(timeout => {
      const of = declared[timeout];
      return of === undefined ? [] : [`${timeout} ${seconds(of, 1)}`];
    });
    return `sessions end as declared (${names.join(' and ')})`;
  },
  broken: violations => `${counted(violations, 'session')} did not end as declared`,
});
