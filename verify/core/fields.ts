/**
 * The fields of every line of a history, once: parse.ts holds lines to them, lines.ts (generated) joins them, and the
 * tables of docs/history.md are made from them. The types of history.ts make the list complete.
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

/** What a field may hold. time: whole microseconds. count: a whole number, 0 or more. */
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
  /** A line without it is none. */
  readonly must?: true;
  /** What it says, for docs/history.md. */
  readonly means: string;
}

export type Fields = Readonly<Record<string, Field>>;

/** The kinds that fit a type: values of a list, where the type has so few. */
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
      'that the value has room for: by its letters and its length; once 20 values are known, only in the places where they differ, unless the session is in several cookies',
  },
  folded: { kind: 'flag', means: 'a proxy joined several cookies in this one header line' },
};

const COOKIE: FieldsOf<CookieChange> = {
  name: { must, kind: 'text', means: '' },
  change: { must, kind: ['set', 'deleted'], means: '' },
  label: { kind: 'text', means: 'equal labels are equal values; absent for a deletion' },
  attributes: { kind: { fields: ATTRIBUTES }, means: 'where a workload looks' },
};

const CACHING: FieldsOf<Caching> = {
  control: { kind: 'text', means: 'Cache-Control' },
  expires: { kind: 'number', means: 'seconds from Date to Expires' },
  vary: { kind: 'text', means: '' },
  hit: {
    kind: 'flag',
    means:
      'a cache served it: `Cache-Status`, `X-Cache` and the like say so, or `Age` is greater than the time that the request took',
  },
};

/** What was asked. */
export const CALLED: FieldsOf<Called> = {
  id: { must, kind: 'count', means: 'unique in the history' },
  clock: { must, kind: 'text', means: 'the clock of its times' },
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
      "`form` opens the login page; `login`; `logout` ends this session; `logout-all` all sessions of the user; `read`; `add`, `remove` one `value`; `set` a register's `value`, or with `state` all that an object holds; `cas` sets a register whose value is `expected`; `increment` a counter; `clear` takes out all",
  },
  object: {
    kind: 'text',
    means:
      'what it reads or changes, named `<what>@<session or user>`, or `<what>@*` where all users share it',
  },
  value: { kind: 'text', means: 'the value that is added, removed or set' },
  expected: { kind: 'text', means: 'of `cas`: the value that is to be replaced' },
  state: { kind: TEXTS, means: 'of `set`: all of the new state, of an object that holds several values' },
  request: { must, kind: 'text', means: 'its X-Request-Id' },
  call: { must, kind: 'time', means: 'when it was called' },
  path: { kind: 'text', means: 'path of the request, without query' },
  with: {
    kind: ['old', 'before-login', 'another', 'invented', 'forged', 'none'],
    means:
      "what was sent in place of the jar's own cookies: `old` (those from before the logout, or from before the session was lost), `before-login` (those from before the login), `another` (those of another user's live session, in whose jar the session's user logged in), `invented` (an id of the client's making), `forged` (an own cookie, changed), `none`",
  },
  change: { kind: 'text', means: 'how a forged cookie was changed: `flip`, `cut`, `empty`, `splice` …' },
  direct: { kind: 'flag', means: "sent to the instance's own address, past the balancer" },
  steered: { kind: 'flag', means: 'sent through the balancer with what makes it pick this instance' },
  sent: {
    kind: 'text',
    means:
      'label of the session cookie that was sent, where that matters. A replay of cookies from before the login without it carried no session cookie, and is no evidence for `rotation`',
  },
};

/** What came. */
export const RETURNED: FieldsOf<Returned> = {
  return: {
    kind: 'time',
    means: 'when; absent while nothing is known, as the operation may then take effect at any later time',
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
      'what came in a few words: `303 to /login`, `timeout`, `reset`, `refused`, `garbled`, `certificate: …` (that of the server is not trusted); `oversized` when its body was too large, `aborted` when the run itself gave up',
  },
  instance: { kind: 'text', means: 'the instance that served it' },
  source: {
    kind: 'text',
    means:
      'where the instance was read: `header`, `cookie`, `body`, `log`, or `address` where an instance was asked at its own',
  },
  signedIn: { kind: ['in', 'out'], means: '`in`, `out`; absent when the response says nothing of it' },
  sawUser: { kind: 'text', means: 'the user that the page names' },
  saw: { kind: TEXTS, means: "state of the object, in the response's order" },
  canaries: { kind: TEXTS, means: 'canaries anywhere else in the response' },
  cookies: { kind: { list: { fields: COOKIE } }, means: 'session cookies that changed' },
  version: { kind: 'count', means: 'version of the object that the server gave, where it gives one' },
  skew: { kind: 'time', means: "the response's Date minus our wall clock at the return, µs" },
  caching: { kind: { fields: CACHING }, means: 'where a workload looks, `{}` when nothing was said' },
  exposed: {
    kind: { list: ['url', 'body'] },
    means: 'where the value of a session cookie stood in the open: `url`, `body`',
  },
  resent: {
    kind: 'flag',
    means:
      'sent again on a fresh connection, as browsers do: the server closed the kept one just as the request left, before any byte of an answer. Only a GET or HEAD that changes nothing is; the time is that of both',
  },
  starved: {
    kind: 'flag',
    means:
      'it got no answer, or 502, 503 or 504, or took more than a second, while six or more threads were ready to run for each core of the machine of the run, on the average of that time and at least of its last second (Linux says so, in `/proc/loadavg`; elsewhere it is never set). While nothing is disturbed it is no error for `availability`, and no hang for `outage`, but leaves them unknown; so does a budget of a fault that only such requests exceed',
  },
};

const BUDGET: FieldsOf<Budget> = {
  survival: { kind: 'number', means: 'share of sessions and writes that outlive it, 1 when absent' },
  errors: { kind: 'number', means: 'share of requests' },
  gap: { kind: 'number', means: 'longest time without an answer' },
  wait: { kind: 'number', means: 'longest time until a client has what it asked for, however often' },
  recovery: {
    kind: 'number',
    means: 'errors so long after its end are its own; without it no error may follow',
  },
};

/** What the target states beside its claims. */
export const DECLARED: FieldsOf<Declared> = {
  expiry: {
    kind: {
      fields: {
        idle: { kind: 'number', means: '' },
        absolute: { kind: 'number', means: '' },
        renew: {
          kind: ['each', 'half', 'write', 'never'],
          means:
            'the idle time begins anew at `each` request, past `half` of it, at each `write`, or `never`',
        },
      },
    },
    means: 'after which a session ends',
  },
  deadline: { kind: 'number', means: 'within which an answer must come while the store is down' },
  budgets: {
    kind: {
      fields: {
        ...BUDGET,
        faults: {
          kind: { named: { fields: BUDGET } },
          means: 'the same for single faults, by name, which wins',
        },
      },
    },
    means: 'of each fault, where what is absent is measured only',
  },
  weights: { kind: { named: 'number' }, means: 'shares of the instances, any scale' },
  cookies: { kind: ['asvs'], means: '`asvs`: cookies are held to OWASP ASVS too' },
  caching: { kind: ['strict'], means: '`strict`: a response without any caching directive is a violation' },
  logout: {
    kind: ['strict'],
    means:
      '`strict`: a late response that sets a dead cookie over the cookie of a later login is a violation',
  },
  clocks: { kind: ['strict'], means: '`strict`: instances whose clocks differ are a violation' },
};

interface Line {
  /** For docs/history.md. */
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
    run: { must, kind: 'text', means: 'its name; every `request` begins with it' },
    seed: { must, kind: 'count', means: '' },
    started: { must, kind: 'text', means: 'ISO 8601' },
    target: { must, kind: 'text', means: '' },
    url: { must, kind: 'text', means: '' },
    command: { must, kind: 'text', means: 'the command that runs it again' },
    claims: { must, kind: TEXTS, means: '' },
    routing: { must, kind: ['spread', 'sticky', 'least-outstanding'], means: '' },
    canary: { must, kind: 'text', means: "prefix of the run's canaries" },
    logs: { must, kind: TEXTS, means: 'logs that are read' },
    declared: { kind: { fields: DECLARED }, means: 'below' },
  }),
  clock: line<Clock>('before its first use', {
    clock: { must, kind: 'text', means: '' },
    base: { must, kind: 'text', means: 'wall-clock time of zero' },
    uncertainty: { must, kind: 'count', means: 'µs; operations on two clocks are ordered only beyond both' },
  }),
  object: line<ObjectEvent>(
    'before the first operation on it',
    {
      object: { must, kind: 'text', means: '' },
      kind: {
        must,
        kind: ['set', 'list', 'bag', 'register', 'counter'],
        means: '`set`, `list`, `bag`: a list with repeats, `register`, `counter`',
      },
      initial: {
        kind: TEXTS,
        means:
          'state before the first operation; without it the object may hold values from before the run: values that no operation of the history wrote are ignored, and a register or counter begins with what it shows before its first write',
      },
      cap: { kind: 'count', means: 'the app keeps at most so many values' },
    },
    'Without this line an object is a set',
  ),
  start: line<Called>('before the first byte of an operation that may change something', CALLED),
  end: line<End>('when it has ended', { id: { must, kind: 'count', means: 'of its start' }, ...RETURNED }),
  op: line<Called & Returned>('when a read (or the opening of a form) has ended', { ...CALLED, ...RETURNED }),
  session: line<SessionEvent>(
    'when one is `born` or `ended`',
    {
      session: { must, kind: 'text', means: '' },
      user: { must, kind: 'text', means: '' },
      event: { must, kind: ['born', 'ended'], means: '' },
      clock: { must, kind: 'text', means: '' },
      at: { must, kind: 'time', means: '' },
      reason: { kind: 'text', means: '' },
    },
    'A session ends after the last operation that sends one of its cookies, replays included: what comes later is not judged with it',
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
    'Reads after `final` are what `survival` is judged by',
  ),
  fault: line<Fault>('before a fault is injected, and again with `end` when it is over', {
    id: { must, kind: 'count', means: '' },
    name: { must, kind: 'text', means: '' },
    clock: { must, kind: 'text', means: '' },
    begin: { must, kind: 'time', means: '' },
    end: { kind: 'time', means: '' },
    where: { kind: 'text', means: 'what was disturbed, by name' },
    part: { kind: ['instance', 'balancer', 'store'], means: '`instance`, `balancer`, `store`' },
    down: { kind: 'flag', means: 'the store answers no request while it lasts' },
    did: { kind: 'text', means: 'with `end`: what was done, in a few words' },
    bit: { kind: 'flag', means: 'with `end`: whether the fault was seen to take effect' },
    healthy: {
      kind: 'flag',
      means: 'with `end`: whether all that was disturbed answered its health check again in time',
    },
    healed: { kind: 'flag', means: 'with `end`: false where its heal failed' },
    unready: { kind: 'text', means: 'with `end`: what was started and never got ready, by name' },
  }),
  served: line<Served>('when a log has a request', {
    source: { must, kind: 'text', means: 'name of the log' },
    kind: { must, kind: ['balancer', 'instance'], means: '`balancer`, `instance`' },
    request: { must, kind: 'text', means: '' },
    instance: { kind: 'text', means: 'the one that answered' },
    tried: { kind: TEXTS, means: 'instances in order; `?` where the log does not say which' },
    status: { must, kind: 'count', means: '' },
    began: { kind: 'time', means: 'when the instance had it, µs since 1970 by the clock of the log' },
    ended: { kind: 'time', means: 'likewise' },
  }),
  fingerprint: line<Fingerprint>(
    'before the load, where nothing names the instance',
    {
      instances: { must, kind: 'count', means: 'from how many the answers look' },
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
