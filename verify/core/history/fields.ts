/**
 * Defines the lines of a history, which are JSON objects. The types (history.ts), the validation (parse.ts), joined.ts
 * and docs/history.md are made from these tables. Times are whole microseconds on the line's clock.
 */

/** time: whole microseconds. count: a whole number, 0 or more. */
export type Kind =
  | keyof Scalars
  | readonly (string | number)[]
  | { readonly list: Kind }
  | { readonly named: Kind }
  | { readonly fields: Fields };

interface Scalars {
  text: string;
  flag: boolean;
  count: number;
  number: number;
  time: number;
}

export interface Field {
  readonly kind: Kind;
  readonly must?: true;
  /** For docs/history.md. */
  readonly means: string;
}

export type Fields = Readonly<Record<string, Field>>;

type ValueOf<K> = K extends keyof Scalars
  ? Scalars[K]
  : K extends readonly (infer One)[]
    ? One
    : K extends { list: infer One }
      ? ValueOf<One>[]
      : K extends { named: infer One }
        ? Record<string, ValueOf<One>>
        : K extends { fields: infer F }
          ? ObjectOf<F>
          : never;

type KindIn<F> = F extends { kind: infer K } ? ValueOf<K> : never;

export type ObjectOf<F> = {
  -readonly [Name in keyof F as F[Name] extends { must: true } ? Name : never]: KindIn<F[Name]>;
} & {
  -readonly [Name in keyof F as F[Name] extends { must: true } ? never : Name]?: KindIn<F[Name]>;
};

const must = <const K extends Kind>(kind: K, means = '') => ({ kind, means, must: true }) as const;
/** The field may be absent. */
const may = <const K extends Kind>(kind: K, means = '') => ({ kind, means });

const TEXTS = { list: 'text' } as const;

/** The attributes of a session cookie; recorded only where a workload asks for them. */
export const ATTRIBUTES = {
  httpOnly: must('flag'),
  secure: must('flag'),
  sameSite: may('text', 'as sent, in lower case'),
  path: may('text'),
  domain: may('text'),
  lifetime: may('number', 'seconds from Date to expiry'),
  bytes: must('count', 'of name and value together'),
  bits: must(
    'number',
    'bits that the value can hold, by its characters and length. Once 20 values are known, only the positions where they differ count, unless the session is in several cookies',
  ),
  folded: may('flag', 'a proxy joined several cookies in this one header line'),
};

/** A session cookie that a response changed. Labels are made with a key of the run. */
export const COOKIE = {
  name: must('text'),
  change: must(['set', 'deleted']),
  label: may('text', 'equal labels are equal values; absent for a deletion'),
  attributes: may({ fields: ATTRIBUTES }, 'only where a workload records them'),
};

/** The caching headers of a response, and whether a cache served it. */
export const CACHING = {
  control: may('text', 'Cache-Control'),
  expires: may('number', 'seconds from Date to Expires'),
  vary: may('text'),
  hit: may(
    'flag',
    'a cache served the response: a header such as `Cache-Status` or `X-Cache` says so, or `Age` is greater than the time that the request took',
  ),
};

const ISSUED = {
  refresh: may('text', 'label of the refresh token; absent if the response has none'),
  lifetime: may('number', 'lifetime of the access token, µs'),
};

export const CALLED = {
  id: must('count', 'unique in the history'),
  clock: must('text', 'the clock that its times are read from'),
  client: must('text', 'the cookie jar that sent it'),
  session: must('text', 'the session; with `with`, the one that the cookies belong to'),
  user: must('text', 'the user'),
  action: must(
    [
      ...(['form', 'login', 'logout', 'logout-all', 'refresh', 'read'] as const),
      ...(['add', 'remove', 'set', 'cas', 'increment', 'clear'] as const),
    ],
    "`form` opens the login page; `login`; `logout` ends this session; `logout-all` all sessions of the user; `refresh` gets a new access token for a refresh token; `read`; `add`, `remove` one `value`; `set` a register's `value`, or with `state` the whole content of an object; `cas` sets a register if its value is `expected`; `increment` a counter; `clear` removes all values",
  ),
  object: may(
    'text',
    'the object that it reads or changes, named `<what>@<session or user>`, or `<what>@*` if all users share it',
  ),
  value: may('text', 'the value that is added, removed or set'),
  expected: may('text', 'of `cas`: the value to be replaced'),
  state: may(TEXTS, 'of `set`: the whole new state of an object that holds several values'),
  request: must('text', 'its X-Request-Id'),
  call: must('time', 'when it was called: just before its first byte leaves'),
  path: may('text', 'path of the request, without query'),
  with: may(
    ['old', 'before-login', 'another', 'invented', 'forged', 'none', 'copy'],
    "which cookies were sent in place of the jar's own: `old` (from before the logout, or from before the session was lost), `before-login` (from before the login), `another` (of another user's live session, in whose jar the session's user logged in), `invented` (an id that the client made up), `forged` (the client's own cookie, changed), `none`, `copy` (a copy of the session's current cookies and tokens, as another tab has it)",
  ),
  change: may('text', 'how a forged cookie was changed: `flip`, `cut`, `empty`, `splice` …'),
  direct: may('flag', "sent to the instance's own address, past the balancer"),
  steered: may(
    'flag',
    'sent through the balancer with the cookie or header that makes it pick this instance',
  ),
  late: may(
    'count',
    'microseconds from the intended start to the call; only if the load has a rate (`--rate`). Response times count from the intended start',
  ),
  sent: may(
    'text',
    'label of the session cookie that was sent, in operations where that matters; of `refresh`: of the refresh token. If a replay of cookies from before the login lacks it, the replay carried no session cookie and is no evidence for `rotation`',
  ),
};

export const RETURNED = {
  return: may(
    'time',
    'when it returned; absent if that is unknown: the operation may then take effect at any later time',
  ),
  outcome: must(['ok', 'fail', 'info'], '`ok` (happened), `fail` (certainly did not), `info` (may have)'),
  status: may('count', 'HTTP status; absent when no response came'),
  note: may(
    'text',
    'the response or failure in a few words: `303 to /login`, `timeout`, `reset`, `refused`, `garbled`, `certificate: …` (the certificate of the server is not trusted), `oversized` (the body was too large), `aborted` (the run stopped the request)',
  ),
  instance: may('text', 'the instance that served it'),
  source: may(
    'text',
    'what named the instance: `header`, `cookie`, `body`, `log`, or `address` (the request was sent to the own address of the instance)',
  ),
  cohort: may('text', 'the version of the app that served it'),
  signedIn: may(['in', 'out'], '`in`, `out`; absent when the response does not show it'),
  sawUser: may('text', 'the user that the page names; `unknown-<label>` for a user who is not of the run'),
  saw: may(TEXTS, "state of the object, in the response's order"),
  canaries: may(TEXTS, 'canaries anywhere else in the response'),
  cookies: may({ list: { fields: COOKIE } }, 'session cookies that changed'),
  version: may('count', 'version of the object, if the server gives one'),
  skew: may('time', "the response's Date minus our wall clock at the return, µs"),
  caching: may(
    { fields: CACHING },
    'only where a workload records it; `{}` if the response has no caching header',
  ),
  exposed: may({ list: ['url', 'body'] }, 'where the value of a session cookie was exposed: `url`, `body`'),
  withheld: may(
    { list: 'text' },
    'names of the cookies that the browser withheld because of SameSite, since the request came from a page of another site',
  ),
  issued: may({ fields: ISSUED }, 'the tokens that the response issued; only if the target has a `refresh`'),
  lost: may(
    'flag',
    'the client dropped the tokens of the response, as if the response had been lost on its way',
  ),
  resent: may(
    'flag',
    'the request was sent again on a new connection, as browsers do, because the server closed the kept-alive connection before any byte of a response. Only a GET or HEAD that changes nothing is sent again; the times cover both attempts',
  ),
  starved: may(
    'flag',
    'the request got no response, or 502, 503 or 504, or took more than 1 s, while the machine that runs Baton had six or more runnable threads per core, on average over the time of the request and at least over its last second (read from `/proc/loadavg` on Linux; never set on other systems). Outside fault windows such a request is no error for `availability` and no hang for `outage`, but leaves them unknown. A fault budget that only such requests exceed is unknown too',
  ),
};

export const BUDGET = {
  survival: may('number', 'share of sessions and writes that survive the fault, 1 when absent'),
  errors: may('number', 'share of requests that may fail'),
  gap: may('number', 'longest time in which requests may wait and none succeeds'),
  wait: may('number', 'longest time from the first attempt of a client until it succeeds, retries included'),
  recovery: may(
    'number',
    'errors within this time after the end of the fault count as caused by it; without it, no error may follow',
  ),
};

const LATENCY = { p50: may('number'), p90: may('number'), p95: may('number'), p99: may('number') };

/** How the app replaces and ends tokens. Times are microseconds. */
export const REFRESH = {
  grace: may('number', 'time during which a replaced refresh token is still accepted'),
  reuse: may(
    ['ends-session'],
    '`ends-session`: a replaced refresh token that is sent after that time ends the session',
  ),
  revokes: may(['access'], '`access`: a logout ends access tokens too'),
};

/** What a target declares besides its claims. Times are microseconds. */
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
          'the times within which these shares of the responses must come while nothing is disturbed',
        ),
        faults: may(
          { named: { fields: BUDGET } },
          'limits for single faults, by name; each replaces the same limit for all faults',
        ),
      },
    },
    'limits for each fault; what has no limit is only measured',
  ),
  weights: may({ named: 'number' }, 'shares of the instances, on any scale'),
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
    'attributes that session cookies must have, by the name of the cookie',
  ),
  caching: may(['strict'], '`strict`: a response without any caching directive is a violation'),
  logout: may(
    ['strict'],
    '`strict`: a late response that replaces the cookie of a later login with a dead one is a violation',
  ),
  clocks: may(['strict'], '`strict`: instances whose clocks differ are a violation'),
  refresh: may({ fields: REFRESH }, 'how tokens are replaced and ended'),
  carrier: may(
    ['header'],
    '`header`: a request header carries the session, so no response sets a cookie for it',
  ),
};

export const FORMAT = 'baton-history';
export const VERSION = 1;

export interface Line<F = Fields> {
  /** When the line is written, for docs/history.md. */
  readonly when: string;
  readonly fields: F;
  readonly more: string;
}

const line = <F extends Fields>(when: string, fields: F, more = ''): Line<F> => ({ when, fields, more });

export const LINES = {
  run: line('first', {
    format: must([FORMAT]),
    version: must([VERSION]),
    run: must('text', 'its name; every `request` id begins with it and a dash'),
    seed: must('count'),
    started: must('text', 'ISO 8601'),
    target: must('text'),
    url: must('text'),
    command: must('text', 'the command that repeats the run'),
    claims: must(TEXTS),
    routing: must(['spread', 'sticky', 'least-outstanding']),
    canary: must('text', "prefix of the run's canaries"),
    logs: must(TEXTS, 'names of the logs that are read'),
    declared: may({ fields: DECLARED }, 'below'),
  }),
  clock: line('before its first use', {
    clock: must('text'),
    base: must('text', "wall-clock time of the clock's zero"),
    uncertainty: must(
      'count',
      'µs; operations on two clocks are ordered only if they are further apart than both uncertainties',
    ),
  }),
  object: line(
    'before the first operation on it',
    {
      object: must('text'),
      kind: must(
        ['set', 'list', 'bag', 'register', 'counter'],
        '`set`, `list` (values in the order of their adds), `bag` (may hold a value several times), `register`, `counter`',
      ),
      initial: may(
        TEXTS,
        'state before the first operation. Without it, the object may hold values from before the run: values that no operation of the history wrote are ignored, and a register or counter begins with the value that it shows before its first write',
      ),
      cap: may('count', 'the maximum number of values that the app keeps'),
    },
    'An object without this line is a set',
  ),
  start: line('before the first byte of an operation that may change something', CALLED),
  end: line('when that operation has ended', { id: must('count', '`id` of its start line'), ...RETURNED }),
  op: line('when a read (or the opening of a form) has ended', { ...CALLED, ...RETURNED }),
  session: line(
    'when a session is `born` or `ended`',
    {
      session: must('text'),
      user: must('text'),
      event: must(['born', 'ended']),
      clock: must('text'),
      at: must('time'),
      reason: may('text', 'why it ended: `logout`, `lost`, `over` …'),
    },
    'A session ends after the last operation that sends one of its cookies, replays included. Later operations are not judged as part of it',
  ),
  phase: line(
    'when a part of the run begins',
    {
      phase: must(
        ['warm-up', 'load', 'heal', 'settle', 'final'],
        '`warm-up`, `load`, `heal`, `settle`, `final`',
      ),
      clock: must('text'),
      at: must('time'),
    },
    '`survival` is judged by the reads after `final`',
  ),
  fault: line('before a fault is injected, and again with `end` when it is over', {
    id: must('count'),
    name: must('text'),
    clock: must('text'),
    begin: must('time'),
    end: may('time'),
    where: may('text', 'name of what was disturbed'),
    part: may(['instance', 'balancer', 'store'], '`instance`, `balancer`, `store`'),
    down: may('flag', 'the store answers no request during the fault'),
    did: may('text', 'with `end`: what was done, in a few words'),
    bit: may('flag', 'with `end`: whether the fault was seen to take effect'),
    healthy: may(
      'flag',
      'with `end`: whether everything that was disturbed passed its health check again in time',
    ),
    healed: may('flag', 'with `end`: false if healing the fault failed'),
    unready: may('text', 'with `end`: name of what was started and never became ready'),
  }),
  served: line('when a log has a request', {
    source: must('text', 'name of the log'),
    kind: must(['balancer', 'instance'], '`balancer`, `instance`'),
    request: must('text'),
    instance: may('text', 'the instance that responded'),
    tried: may(TEXTS, 'the instances that were tried, in order; `?` if the log does not name one'),
    status: must('count'),
    began: may(
      'time',
      'when the request was sent to the instance, µs since 1970 by the clock of the log; of the balancer only',
    ),
    ended: may('time', 'when the response ended, by the same clock'),
  }),
  fingerprint: line(
    'before the load, if no header, cookie or page names the instance',
    {
      instances: must('count', 'how many instances the responses seem to come from'),
      by: must(TEXTS, '`header order`, `error page`, `clock`, `counter`'),
    },
    'A hint: no guarantee is judged by it',
  ),
  finish: line('last', {
    clock: must('text'),
    at: must('time'),
    reason: must(['complete', 'interrupted', 'failed'], '`complete`, `interrupted`, `failed`'),
    remarks: may(TEXTS, 'sentences: what the run left out, and why'),
  }),
};
