/** Checks expiry: sessions end at the declared idle and absolute timeouts, on every instance. */
import { counted, seconds } from '../result/format.ts';
import type { DeclaredTimeouts } from '../timeline/timeouts.ts';
import { Expiry, Timeouts } from './expiry-judge.ts';
import { check, reached, untried } from './framework.ts';
import { TIMEOUTS, type Timeout } from './life.ts';

const declaredIn = (declared: DeclaredTimeouts = {}): [Timeout, number][] =>
  TIMEOUTS.flatMap((name): [Timeout, number][] => {
    const { [name]: timeout } = declared;
    return timeout === undefined ? [] : [[name, timeout]];
  });

export const expiry = check({
  guarantee: 'expiry',
  assumes: 'the target file declares the timeouts and what renews them; a client may drop an expired cookie',
  minimum:
    'for each declared timeout, a session honoured after 80 % of it, and one refused between 100 % and 125 % of it; on ' +
    'every instance, a refused session that had expired',
  judge: Expiry,
  counts: Timeouts,
  // If sessions are also lost without any wait, an early refusal may be such a loss.
  violations: ({ violations, strangers, lost }) => violations + (lost === 0 ? strangers : 0),
  compared: ({ lived, expired }) => lived.idle + lived.absolute + expired.idle + expired.absolute,
  missing({ length, lived, expired, strangers, lost, tried }, { declared }) {
    const named = declaredIn(declared?.expiry);
    if (named.length === 0) return 'no timeout is declared: set `expiry` in the target file';
    for (const [name, timeout] of named) {
      const what = `the ${name} timeout of ${seconds(timeout, 1)}`;
      if (timeout > length) return `${what} is longer than the run`;
      if (lived[name] === 0) return `no session was used shortly before its end, so ${what} was not tested`;
      if (expired[name] === 0) return `no session was used shortly after its end, so ${what} was not tested`;
    }
    if (strangers > 0 && lost > 0)
      return 'sessions are also lost without a wait, so an early refusal may be such a loss: restore continuity first';
    return untried(tried, 'expired session');
  },
  rests: ({ lived, expired, tried }) => ({
    'used shortly before the end': lived.idle + lived.absolute,
    'refused in time': expired.idle + expired.absolute,
    instances: reached(tried),
  }),
  rulesOut(_counts, { declared }) {
    const names = declaredIn(declared?.expiry).map(([name, timeout]) => `${name} ${seconds(timeout, 1)}`);
    return `sessions end as declared (${names.join(' and ')})`;
  },
  broken: violations => `${counted(violations, 'session')} did not end as declared`,
});
