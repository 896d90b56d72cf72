/** Checks cookie-policy: each cookie that carries the session has the attributes that protect it. */
import { counted } from '../result/format.ts';
import { idSpace } from '../result/statistics.ts';
import { CookieCounts, CookiePolicy } from './cookie-policy-judge.ts';
import { check, reached, untried } from './framework.ts';

/** If the ids of a run prove fewer random bits, the verdict mentions none. 30 different ids prove 7 bits. */
const WORTH_REPORTING = 7;

export const cookiePolicy = check({
  guarantee: 'cookie-policy',
  assumes: 'the cookies in the history carry the session: a request without them was signed out',
  minimum:
    'the attributes of a session cookie from every instance, and a response to a request without cookies: from a ' +
    'health check or a static file, or from a path where an app often has one',
  judge: CookiePolicy,
  counts: CookieCounts,
  violations: ({ violations, waiting }) => violations + waiting,
  compared: ({ cookies }) => cookies,
  missing({ cookies, without, absent, tried }) {
    if (cookies === 0) return 'no attributes of a session cookie were recorded: run the workload `audit`';
    if (without + absent === 0)
      return 'no health check or static file responded to a request without cookies: name one under `public`';
    return untried(tried, 'session cookie');
  },
  rests: ({ cookies, tried, without, ids }) => ({
    'cookies set': cookies,
    instances: reached(tried),
    'requests without a cookie': without,
    'session ids': ids,
  }),
  rulesOut: ({ cookies }) => `${counted(cookies, 'cookie')} set with all required attributes`,
  broken: violations => `${counted(violations, 'way')} in which the session cookie is exposed`,
  remarks({ without, ids, equal, sameSiteNone, scopes }) {
    const bits = Math.floor(Math.log2(Math.max(1, idSpace(ids))));
    return [
      [
        without === 0,
        'no health check or static file was found, so it is not known which cookies they set: name one under `public`',
      ],
      [
        bits >= WORTH_REPORTING && equal === 0,
        `no two of ${counted(ids, 'id')} were equal: at least ${bits} bits`,
      ],
      [equal > 0, `${counted(equal, 'login')} got an id that was issued before`],
      [sameSiteNone > 0, 'SameSite=None: other sites may send it'],
      [scopes > 0, 'one name is set under several Paths or Domains: clients may send it twice'],
    ];
  },
});
