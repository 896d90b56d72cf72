/**
 * Defines the fields of every line of a history. parse.ts validates lines against these tables; lines.ts and the tables
 * of docs/history.md are generated from them. The compiler checks that the tables have every field of the types in
 * history.ts.
 */
import {
  type Budget,
  type Caching,
  type Called,
  type Clock,
  type CookieAttributes,
  type CookieChange,
  type Declared,
  type End,
  type Event,
  type Fault,
  type Fingerprint,
  type Finish,
  FORMAT,
  type ObjectEvent,
  type Phase,
  type Returned,
  type Run,
  type Served,
  type SessionEvent,
  VERSION,
} from './history.ts';

/** The type of a field's value. time: whole microseconds. count: a whole number, 0 or more. */
export type Kind =
  | 'text'
  | 'flag'
  | 'count'
  | 'number'
  | 'time'
  | readonly (string | number)[]
  | { readonly list: Kind }
  | { readonly named: Kind }
  | { readonly fields: Fields };

export interface Field {
  readonly kind: Kind;
  /** The field is required. */
  readonly must?: true;
  /** The meaning of the field, for docs/history.md. */
  readonly means: string;
}

export type Fields = Readonly<Record<string, Field>>;

/** The kinds that fit a TypeScript type; for a union of literals, the list of its values. */
type KindOf<V> = [V] extends [string]
  ? string extends V
    ? 'text'
    : readonly V[]
  : [V] extends [number]
    ? number extends V
      ? 'count' | 'number' | 'time'
      : readonly V[]
    : [V] extends [boolean]
      ? 'flag'
      : V extends readonly (infer One)[]
        ? { readonly list: KindOf<One> }
        : { readonly fields: Fields } | { readonly named: Kind };

type FieldsOf<T> = {
  readonly [Name in Exclude<keyof T, 'type'>]-?: {
    kind: KindOf<NonNullable<T[Name]>>;
    means: string;
  } & (object extends Pick<T, Name> ? { readonly must?: never } : { readonly must: true });
};

const must = true;
const TEXTS = { list: 'text' } as const;

const ATTRIBUTES: FieldsOf<CookieAttributes> = {
  httpOnly: { must, kind: 'flag', means: '' },
  secure: { must, kind: 'flag', means: '' },
  sameSite: { kind: 'text', means: 'small letters, as sent' },
  path: { kind: 'text', means: '' },
  domain: { kind: 'text', means: '' },
  lifetime: { kind: 'number', means: 'seconds from Date to expiry' },
  bytes: { must, kind: 'count', means: 'name and value' },
  bits: {
    must,
    kind: 'number',
    means:
      'bits that the value can hold, by its characters and length. Once 20 values are known, only the positions where they differ count, unless the session is in several cookies',
  },
  folded: { kind: 'flag', means: 'a proxy joined several cookies in this one header line' },
};

const COOKIE: FieldsOf<CookieChange> = {
  name: { must, kind: 'text', means: '' },
  change: { must, kind: ['set', 'deleted'], means: '' },
  label: { kind: 'text', means: 'equal labels are equal values; absent for a deletion' },
  attributes: { kind: { fields: ATTRIBUTES }, means: 'only where a workload records them' },
};

const CACHING: FieldsOf<Caching> = {
  control: { kind: 'text', means: 'Cache-Control' },
  expires: { kind: 'number', means: 'seconds from Date to Expires' },
  vary: { kind: 'text', means: '' },
  hit: {
    kind: 'flag',
    means:
      'a cache served the response: a header such as `Cache-Status` or `X-Cache` says so, or `Age` is greater than the time that the request took',
  },
};

/** The fields that are known before a request is sent. */
export const CALLED: FieldsOf<Called> = {
  id: { must, kind: 'count', means: 'unique in the history' },
  clock: { must, kind: 'text', means: 'the clock that its times are read from' },
  client: { must, kind: 'text', means: 'the cookie jar that sent it' },
  session: { must, kind: 'text', means: 'the session; with `with`, the one that the cookies belong to' },
  user: { must, kind: 'text', means: 'the user' },
  action: {
    must,
    kind: [
      'form',
      'login',
      'logout',
      'logout-all',
      'read',
      'add',
      'remove',
      'set',
      'cas',
      'increment',
      'clear',
    ],
    means:
      "`form` opens the login page; `login`; `logout` ends this session; `logout-all` all sessions of the user; `read`; `add`, `remove` one `value`; `set` a register's `value`, or with `state` the whole content of an object; `cas` sets a register if its value is `expected`; `increment` a counter; `clear` removes all values",
  },
  object: {
    kind: 'text',
    means:
      'the object that it reads or changes, named `<what>@<session or user>`, or `<what>@*` if all users share it',
  },
  value: { kind: 'text', means: 'the value that is added, removed or set' },
  expected: { kind: 'text', means: 'of `cas`: the value to be replaced' },
  state: { kind: TEXTS, means: 'of `set`: the whole new state of an object that holds several values' },
  request: { must, kind: 'text', means: 'its X-Request-Id' },
  call: { must, kind: 'time', means: 'when it was called: just before its first byte leaves' },
  path: { kind: 'text', means: 'path of the request, without query' },
  with: {
    kind: ['old', 'before-login', 'another', 'invented', 'forged', 'none'],
    means:
      "which cookies were sent in place of the jar's own: `old` (from before the logout, or from before the session was lost), `before-login` (from before the login), `another` (of another user's live session, in whose jar the session's user logged in), `invented` (an id that the client made up), `forged` (the client's own cookie, changed), `none`",
  },
  change: { kind: 'text', means: 'how a forged cookie was changed: `flip`, `cut`, `empty`, `splice` …' },
  direct: { kind: 'flag', means: "sent to the instance's own address, past the balancer" },
  steered: {
    kind: 'flag',
    means: 'sent through the balancer with the cookie or header that makes it pick this instance',
  },
  late: {
    kind: 'count',
    means:
      'microseconds from the intended start to the call; only if the load has a rate (`--rate`). Response times count from the intended start',
  },
  sent: {
    kind: 'text',
    means:
      'label of the session cookie that was sent, in operations where that matters. If a replay of cookies from before the login lacks it, the replay carried no session cookie and is no evidence for `rotation`',
  },
};

/** The fields that are known when a request has ended. */
export const RETURNED: FieldsOf<Returned> = {
  return: {
    kind: 'time',
    means:
      'when it returned; absent if that is unknown: the operation may then take effect at any later time',
  },
  outcome: {
    must,
    kind: ['ok', 'fail', 'info'],
    means: '`ok` (happened), `fail` (certainly did not), `info` (may have)',
  },
  status: { kind: 'count', means: 'HTTP status; absent when no response came' },
  note: {
    kind: 'text',
    means:
      'the response or failure in a few words: `303 to /login`, `timeout`, `reset`, `refused`, `garbled`, `certificate: …` (the certificate of the server is not trusted), `oversized` (the body was too large), `aborted` (the run stopped the request)',
  },
  instance: { kind: 'text', means: 'the instance that served it' },
  source: {
    kind: 'text',
    means:
      'what named the instance: `header`, `cookie`, `body`, `log`, or `address` (the request was sent to the own address of the instance)',
  },
  cohort: { kind: 'text', means: 'the version of the app that served it' },
  signedIn: { kind: ['in', 'out'], means: '`in`, `out`; absent when the response does not show it' },
  sawUser: { kind: 'text', means: 'the user that the page names' },
  saw: { kind: TEXTS, means: "state of the object, in the response's order" },
  canaries: { kind: TEXTS, means: 'canaries anywhere else in the response' },
  cookies: { kind: { list: { fields: COOKIE } }, means: 'session cookies that changed' },
  version: { kind: 'count', means: 'version of the object, if the server gives one' },
  skew: { kind: 'time', means: "the response's Date minus our wall clock at the return, µs" },
  caching: {
    kind: { fields: CACHING },
    means: 'only where a workload records it; `{}` if the response has no caching header',
  },
  exposed: {
    kind: { list: ['url', 'body'] },
    means: 'where the value of a session cookie was exposed: `url`, `body`',
  },
  resent: {
    kind: 'flag',
    means:
      'the request was sent again on a new connection, as browsers do, because the server closed the kept-alive connection before any byte of a response. Only a GET or HEAD that changes nothing is sent again; the times cover both attempts',
  },
  starved: {
    kind: 'flag',
    means:
      'the request got no response, or 502, 503 or 504, or took more than 1 s, while the machine that runs Baton had six or more runnable threads per core, on average over the time of the request and at least over its last second (read from `/proc/loadavg` on Linux; never set on other systems). Outside fault windows such a request is no error for `availability` and no hang for `outage`, but leaves them unknown. A fault budget that only such requests exceed is unknown too',
  },
};

const BUDGET: FieldsOf<Budget> = {
  survival: { kind: 'number', means: 'share of sessions and writes that survive the fault, 1 when absent' },
  errors: { kind: 'number', means: 'share of requests that may fail' },
  gap: { kind: 'number', means: 'longest time without any response' },
  wait: {
    kind: 'number',
    means: 'longest time from the first attempt of a client until it succeeds, retries included',
  },
  recovery: {
    kind: 'number',
    means:
      'errors within this time after the end of the fault count as caused by it; without it, no error may follow',
  },
};

/** The fields that the target declares in addition to its claims. */
export const DECLARED: FieldsOf<Declared> = {
  expiry: {
    kind: {
      fields: {
        idle: { kind: 'number', means: '' },
        absolute: { kind: 'number', means: '' },
        renew: {
          kind: ['each', 'half', 'write', 'never'],
          means:
            'which request restarts the idle time: `each`, the first after `half` of it, each `write`, or `never`',
        },
      },
    },
    means: 'timeouts after which a session ends',
  },
  deadline: { kind: 'number', means: 'time within which a response must come while the store is down' },
  budgets: {
    kind: {
      fields: {
        ...BUDGET,
        latency: {
          kind: {
            fields: {
              p50: { kind: 'number', means: '' },
              p90: { kind: 'number', means: '' },
              p95: { kind: 'number', means: '' },
              p99: { kind: 'number', means: '' },
            },
          },
          means: 'the time within which this share of responses comes while nothing is disturbed',
        },
        faults: {
          kind: { named: { fields: BUDGET } },
          means: 'the same for single faults, by name; takes precedence',
        },
      },
    },
    means: 'limits for each fault; an absent one is only measured',
  },
  weights: { kind: { named: 'number' }, means: 'shares of the instances, on any scale' },
  cookies: { kind: ['asvs'], means: '`asvs`: cookies must also fulfil OWASP ASVS' },
  caching: { kind: ['strict'], means: '`strict`: a response without any caching directive is a violation' },
  logout: {
    kind: ['strict'],
    means:
      '`strict`: a late response that replaces the cookie of a later login with a dead one is a violation',
  },
  clocks: { kind: ['strict'], means: '`strict`: instances whose clocks differ are a violation' },
};

interface Line {
  /** Says when the line is written, for docs/history.md. */
  readonly when: string;
  readonly more?: string;
  readonly fields: Fields;
}

const line = <T>(when: string, fields: FieldsOf<T>, more?: string): Line => ({
  when,
  fields,
  ...(more === undefined ? {} : { more }),
});

export const LINES: Readonly<Record<Event['type'], Line>> = {
  run: line<Run>('first', {
    format: { must, kind: [FORMAT], means: '' },
    version: { must, kind: [VERSION], means: '' },
    run: { must, kind: 'text', means: 'its name; every `request` id begins with it' },
    seed: { must, kind: 'count', means: '' },
    started: { must, kind: 'text', means: 'ISO 8601' },
    target: { must, kind: 'text', means: '' },
    url: { must, kind: 'text', means: '' },
    command: { must, kind: 'text', means: 'the command that repeats the run' },
    claims: { must, kind: TEXTS, means: '' },
    routing: { must, kind: ['spread', 'sticky', 'least-outstanding'], means: '' },
    canary: { must, kind: 'text', means: "prefix of the run's canaries" },
    logs: { must, kind: TEXTS, means: 'names of the logs that are read' },
    declared: { kind: { fields: DECLARED }, means: 'below' },
  }),
  clock: line<Clock>('before its first use', {
    clock: { must, kind: 'text', means: '' },
    base: { must, kind: 'text', means: "wall-clock time of the clock's zero" },
    uncertainty: {
      must,
      kind: 'count',
      means:
        'µs; operations on two clocks are ordered only if they are further apart than both uncertainties',
    },
  }),
  object: line<ObjectEvent>(
    'before the first operation on it',
    {
      object: { must, kind: 'text', means: '' },
      kind: {
        must,
        kind: ['set', 'list', 'bag', 'register', 'counter'],
        means: '`set`, `list`, `bag` (may hold a value several times), `register`, `counter`',
      },
      initial: {
        kind: TEXTS,
        means:
          'state before the first operation. Without it, the object may hold values from before the run: values that no operation of the history wrote are ignored, and a register or counter begins with the value that it shows before its first write',
      },
      cap: { kind: 'count', means: 'the maximum number of values that the app keeps' },
    },
    'An object without this line is a set',
  ),
  start: line<Called>('before the first byte of an operation that may change something', CALLED),
  end: line<End>('when that operation has ended', {
    id: { must, kind: 'count', means: 'of its start' },
    ...RETURNED,
  }),
  op: line<Called & Returned>('when a read (or the opening of a form) has ended', { ...CALLED, ...RETURNED }),
  session: line<SessionEvent>(
    'when a session is `born` or `ended`',
    {
      session: { must, kind: 'text', means: '' },
      user: { must, kind: 'text', means: '' },
      event: { must, kind: ['born', 'ended'], means: '' },
      clock: { must, kind: 'text', means: '' },
      at: { must, kind: 'time', means: '' },
      reason: { kind: 'text', means: '' },
    },
    'A session ends after the last operation that sends one of its cookies, replays included. Later operations are not judged as part of it',
  ),
  phase: line<Phase>(
    'when a part of the run begins',
    {
      phase: {
        must,
        kind: ['warm-up', 'load', 'heal', 'settle', 'final'],
        means: '`warm-up`, `load`, `heal`, `settle`, `final`',
      },
      clock: { must, kind: 'text', means: '' },
      at: { must, kind: 'time', means: '' },
    },
    '`survival` is judged by the reads after `final`',
  ),
  fault: line<Fault>('before a fault is injected, and again with `end` when it is over', {
    id: { must, kind: 'count', means: '' },
    name: { must, kind: 'text', means: '' },
    clock: { must, kind: 'text', means: '' },
    begin: { must, kind: 'time', means: '' },
    end: { kind: 'time', means: '' },
    where: { kind: 'text', means: 'name of what was disturbed' },
    part: { kind: ['instance', 'balancer', 'store'], means: '`instance`, `balancer`, `store`' },
    down: { kind: 'flag', means: 'the store answers no request during the fault' },
    did: { kind: 'text', means: 'with `end`: what was done, in a few words' },
    bit: { kind: 'flag', means: 'with `end`: whether the fault was seen to take effect' },
    healthy: {
      kind: 'flag',
      means: 'with `end`: whether everything that was disturbed passed its health check again in time',
    },
    healed: { kind: 'flag', means: 'with `end`: false if healing the fault failed' },
    unready: { kind: 'text', means: 'with `end`: name of what was started and never became ready' },
  }),
  served: line<Served>('when a log has a request', {
    source: { must, kind: 'text', means: 'name of the log' },
    kind: { must, kind: ['balancer', 'instance'], means: '`balancer`, `instance`' },
    request: { must, kind: 'text', means: '' },
    instance: { kind: 'text', means: 'the instance that responded' },
    tried: {
      kind: TEXTS,
      means: 'the instances that were tried, in order; `?` if the log does not name one',
    },
    status: { must, kind: 'count', means: '' },
    began: {
      kind: 'time',
      means: 'when the request was sent to the instance, µs since 1970 by the clock of the log',
    },
    ended: { kind: 'time', means: 'when the response ended, likewise' },
  }),
  fingerprint: line<Fingerprint>(
    'before the load, if no header, cookie or page names the instance',
    {
      instances: { must, kind: 'count', means: 'how many instances the responses seem to come from' },
      by: { must, kind: TEXTS, means: '`header order`, `error page`, `clock`, `counter`' },
    },
    'A hint: no guarantee is judged by it',
  ),
  finish: line<Finish>('last', {
    clock: { must, kind: 'text', means: '' },
    at: { must, kind: 'time', means: '' },
    reason: {
      must,
      kind: ['complete', 'interrupted', 'failed'],
      means: '`complete`, `interrupted`, `failed`',
    },
    remarks: { kind: TEXTS, means: 'sentences: what the run left out, and why' },
  }),
};
