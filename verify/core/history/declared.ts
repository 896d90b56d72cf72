/** Defines what a target file declares about its app, besides the claims. Times are microseconds. */
import { may } from './kinds.ts';

export const BUDGET = {
  survival: may('number', 'share of sessions and writes that survive the fault, 1 when absent'),
  errors: may('number', 'share of requests that may fail'),
  gap: may('number', 'longest time in which requests wait and none succeeds'),
  wait: may(
    'number',
    'longest time from the first attempt of a client until this client succeeds, retries included',
  ),
  recovery: may(
    'number',
    'an error within this time after the end of the fault counts as an effect of the fault; without this value, no error may follow the fault',
  ),
};

const LATENCY = { p50: may('number'), p90: may('number'), p95: may('number'), p99: may('number') };

export const REFRESH = {
  grace: may('number', 'time during which a replaced refresh token is still accepted'),
  reuse: may(
    ['ends-session'],
    '`ends-session`: a replaced refresh token that is sent after the grace period ends the session',
  ),
  revokes: may(['access'], '`access`: a logout ends access tokens too'),
};

/** What a target file declares about its app, besides the claims. Times are microseconds. */
export const DECLARED = {
  expiry: may(
    {
      fields: {
        idle: may('number'),
        absolute: may('number'),
        renew: may(
          ['each', 'half', 'write', 'never'],
          'which request restarts the idle time: `each`, the first after `half` of it, each `write`, or `never`',
        ),
      },
    },
    'timeouts after which a session ends',
  ),
  deadline: may('number', 'time within which a response must come while the store is down'),
  budgets: may(
    {
      fields: {
        ...BUDGET,
        latency: may(
          { fields: LATENCY },
          'maximum response times of these shares of the responses, without a fault',
        ),
        faults: may(
          { named: { fields: BUDGET } },
          'limits for single faults, by name; each replaces the limit for all faults',
        ),
      },
    },
    'limits for each fault; a value without a limit is only measured',
  ),
  weights: may({ named: 'number' }, 'relative weights of the instances; only their ratios count'),
  cookies: may(['asvs'], '`asvs`: cookies must also fulfil OWASP ASVS'),
  attributes: may(
    {
      named: {
        fields: {
          sameSite: may('text', 'in lower case'),
          httpOnly: may('flag'),
          secure: may('flag'),
          path: may('text'),
          domain: may('text'),
        },
      },
    },
    'required attributes of session cookies, by the name of the cookie',
  ),
  caching: may(['strict'], '`strict`: a response without any caching directive is a violation'),
  logout: may(
    ['strict'],
    '`strict`: it is a violation if a late response replaces the cookie of a later login by a cookie of the ended session',
  ),
  clocks: may(['strict'], '`strict`: instances whose clocks differ are a violation'),
  refresh: may({ fields: REFRESH }, 'how tokens are replaced and ended'),
  carrier: may(
    ['header'],
    '`header`: a request header carries the session, so no response sets a cookie for it',
  ),
};
