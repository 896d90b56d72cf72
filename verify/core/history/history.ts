/**
 * Defines the events of a run, as a history file stores them: one JSON object per line (docs/history.md). Times are
 * whole microseconds on the line's clock.
 */

export const FORMAT = 'baton-history';
export const VERSION = 1;

/**
 * form: opens the login page · login · logout: ends this session · logout-all: ends all sessions of the user
 * read: shows who is signed in and, if it has an object, the state of the object
 * add, remove: adds or removes one value of the object · clear: removes all values
 * set: replaces a register's value, or with `state` the whole content of an object
 * cas: sets a register if its value is `expected` · increment: increases a counter by its value
 */
export type Action =
  | 'form'
  | 'login'
  | 'logout'
  | 'logout-all'
  | 'read'
  | 'add'
  | 'remove'
  | 'set'
  | 'cas'
  | 'increment'
  | 'clear';

/**
 * The cookies that were sent instead of those in the client's jar. old: from before the logout, or from before the
 * session was lost · before-login: from before the login · another: of another user's live session, which was in the
 * jar when this session's user logged in · invented: an id that the client made up · forged: the client's own cookie,
 * changed · none: no cookie
 */
export type With = 'old' | 'before-login' | 'another' | 'invented' | 'forged' | 'none';

/**
 * set: values without order · list: values in the order of their adds · bag: a list in which a value may stand
 * more than once · register: one value · counter: a number
 */
export type ObjectKind = 'set' | 'list' | 'bag' | 'register' | 'counter';

/** ok: happened. fail: certainly did not happen. info: may have happened, now or later. */
export type Outcome = 'ok' | 'fail' | 'info';

/** First line: the run, its target, and the claims of the target. */
export interface Run {
  type: 'run';
  format: typeof FORMAT;
  version: typeof VERSION;
  /** Name of the run; every X-Request-Id of a recorded operation begins with this name and a dash. */
  run: string;
  seed: number;
  /** Wall-clock time of the start, ISO 8601. */
  started: string;
  target: string;
  url: string;
  /** The command that repeats the run with the same seed. */
  command: string;
  claims: string[];
  routing: 'spread' | 'sticky' | 'least-outstanding';
  /** Prefix of the values that this run made: `<canary>.<user>.<session>.<number>.<random>`. */
  canary: string;
  /** Names of the logs that `served` lines come from. */
  logs: string[];
  declared?: Declared;
}

/** What the target declares in addition to its claims: limits for expiry, outages, faults, cookies. Microseconds. */
export interface Declared {
  expiry?: { idle?: number; absolute?: number; renew?: 'each' | 'half' | 'write' | 'never' };
  /** Time within which a response must come while the store is down. */
  deadline?: number;
  /** Limits of each fault window; `faults` overrides them for single faults, by name. */
  budgets?: Budget & { latency?: LatencyBudget; faults?: Record<string, Budget> };
  /** Shares of the instances, on any positive scale; equal when absent. */
  weights?: Record<string, number>;
  /** `asvs`: cookies must also fulfil OWASP ASVS. */
  cookies?: 'asvs';
  /** `strict`: a signed-in response without any caching directive is a violation. */
  caching?: 'strict';
  /** `strict`: a late response that replaces the cookie of a later login with an invalid cookie is a violation. */
  logout?: 'strict';
  /** `strict`: instances whose clocks differ are a violation. */
  clocks?: 'strict';
}

/** Limits of response times outside fault windows, microseconds: the time within which this share of responses comes. */
type LatencyBudget = Partial<Record<'p50' | 'p90' | 'p95' | 'p99', number>>;

/**
 * Limits of a fault window: the share of sessions and writes that must survive it (1 if absent), the share of requests
 * that may fail, and the longest gap, wait and recovery time.
 */
export interface Budget {
  survival?: number;
  errors?: number;
  gap?: number;
  /**
   * Longest time from a client's first attempt until it succeeds, retries included. Unless it is set for a single
   * fault, it applies outside fault windows too.
   */
  wait?: number;
  recovery?: number;
}

/**
 * A clock that times are read from. Times of two clocks are ordered only if they differ by more than both
 * uncertainties.
 */
export interface Clock {
  type: 'clock';
  clock: string;
  /** Wall-clock time at which the clock was at zero, ISO 8601. */
  base: string;
  /** Microseconds. */
  uncertainty: number;
}

export interface SessionEvent {
  type: 'session';
  session: string;
  user: string;
  event: 'born' | 'ended';
  clock: string;
  at: number;
  /** Why the session ended: `logout`, `lost`, `over` … */
  reason?: string;
}

/** An object whose operations are judged. Without this line, an object is a set. */
export interface ObjectEvent {
  type: 'object';
  object: string;
  kind: ObjectKind;
  /** State before the first operation. If absent, it is not known, and values that no operation wrote are ignored. */
  initial?: string[];
  /** The maximum number of values that the app keeps; it may drop further values. */
  cap?: number;
}

/** Marks where a part of the run begins. */
export interface Phase {
  type: 'phase';
  phase: 'warm-up' | 'load' | 'heal' | 'settle' | 'final';
  clock: string;
  at: number;
}

/** The fields of an operation that are known before its first byte is sent. */
export interface Called {
  /** Number of the operation, unique in the history. */
  id: number;
  clock: string;
  client: string;
  session: string;
  user: string;
  action: Action;
  object?: string;
  value?: string;
  /** cas: the value to be replaced. */
  expected?: string;
  /** set: the whole new state of an object that holds several values. */
  state?: string[];
  request: string;
  call: number;
  /** Path of the request, without query. */
  path?: string;
  /** If absent, the client's current cookies were sent. */
  with?: With;
  /** The change that was made to a forged cookie: `flip`, `cut` … */
  change?: string;
  /** True if the request was sent to the instance's own address, past the balancer. */
  direct?: boolean;
  /** True if the request was sent through the balancer, with the cookie or header that makes it pick this instance. */
  steered?: boolean;
  /** Time from the intended start to the call, microseconds; present if the load has a rate. */
  late?: number;
  /** Label of the session cookie that was sent; recorded only where it matters. */
  sent?: string;
}

/** A session cookie that a response changed. */
export interface CookieChange {
  name: string;
  change: 'set' | 'deleted';
  /** Label of the value, made with a key of the run: equal labels are equal values. Absent for a deletion. */
  label?: string;
  attributes?: CookieAttributes;
}

/** The attributes of a session cookie that was set; recorded only where a workload asks for them. */
export interface CookieAttributes {
  httpOnly: boolean;
  secure: boolean;
  /** In lower case; absent if the response did not set SameSite. */
  sameSite?: string;
  path?: string;
  domain?: string;
  /** Seconds from the response's Date to the expiry; absent for a cookie of the browser session. */
  lifetime?: number;
  /** Length of the name and value, as sent. */
  bytes: number;
  /** Upper bound of the bits that the value can hold, by its characters and the positions where such values differ. */
  bits: number;
  /** The header line holds further cookies, joined by commas. A client mistakes them for attributes of this cookie. */
  folded?: boolean;
}

/** What a response says to caches, and whether it came from a cache. */
export interface Caching {
  /** Cache-Control as sent. */
  control?: string;
  /** Seconds from Date to Expires. */
  expires?: number;
  vary?: string;
  /** True if the response came from a cache, as its Age or a header of the cache shows. */
  hit?: boolean;
}

/** The fields of an operation that are known when it has ended. */
export interface Returned {
  /** Absent if the end is unknown: the operation may take effect at any later time. */
  return?: number;
  outcome: Outcome;
  /** HTTP status; absent when no response came. */
  status?: number;
  /** The response or failure in a few words: `303 to /login`, `timeout` … */
  note?: string;
  instance?: string;
  /** What named the instance: `header` … */
  source?: string;
  /** The version of the app that sent the response. */
  cohort?: string;
  /** Absent if the response does not show whether the session is signed in. */
  signedIn?: 'in' | 'out';
  /** The user that the response names; `unknown-<label>` for a user who is not of the run. */
  sawUser?: string;
  /** State of the object, in the response's order. */
  saw?: string[];
  /** Canaries anywhere in the response except in `saw`. */
  canaries?: string[];
  cookies?: CookieChange[];
  /** Version of the object, if the server gives one. */
  version?: number;
  /** The response's Date minus our wall-clock time when the response came, microseconds. */
  skew?: number;
  caching?: Caching;
  /** The places where the response exposed the value of a session cookie. */
  exposed?: ('url' | 'body')[];
  /**
   * The request was sent again on a new connection, as browsers do: the kept-alive connection was closed before any
   * byte of a response came.
   */
  resent?: boolean;
  /** The request failed or was slow while the machine that runs Baton was overloaded. */
  starved?: boolean;
}

/** The start of an operation that may change something; written before its first byte is sent. */
export interface Start extends Called {
  type: 'start';
}

/** The end of the operation whose start line has this id. */
export interface End extends Returned {
  type: 'end';
  id: number;
}

/** A whole operation: a read has one line, written when it ended; other actions have a start and an end. */
export interface Operation extends Called, Returned {
  type: 'op';
}

/** A fault. `end` is absent in the line that opens its window. */
export interface Fault {
  type: 'fault';
  id: number;
  name: string;
  clock: string;
  begin: number;
  end?: number;
  /** Name of what was disturbed: `app-1`, `redis` … */
  where?: string;
  part?: 'instance' | 'balancer' | 'store';
  /** True if the store answers no request during the fault. */
  down?: boolean;
  /** In the line that closes the window: what was done, in a few words: `2 instances restarted`. */
  did?: string;
  /** In the line that closes the window: true if the fault was seen to take effect. */
  bit?: boolean;
  /**
   * In the line that closes the window: true if everything that was disturbed passed its health check again in time.
   */
  healthy?: boolean;
  /** In the line that closes the window: false if healing failed, so that the disturbance may go on. */
  healed?: boolean;
  /** In the line that closes the window: name of what was started and never became ready. */
  unready?: string;
}

/** A log entry about one request: which instance served it. */
export interface Served {
  type: 'served';
  /** The log's name: `balancer`, `app-1` … */
  source: string;
  kind: 'balancer' | 'instance';
  /** X-Request-Id of the request. */
  request: string;
  /** The instance that responded; absent if no instance responded. */
  instance?: string;
  /** Balancer only: the instances that were tried, in order. */
  tried?: string[];
  status: number;
  /** Balancer only: time when it passed the request to the instance, in microseconds since 1970 by the log's clock. */
  began?: number;
  /** Balancer only: time when the response ended, in the same unit by the same clock. */
  ended?: number;
}

/**
 * Estimated number of instances, from the responses before the load started. Written if no header or cookie names the
 * instances. A hint, not evidence.
 */
export interface Fingerprint {
  type: 'fingerprint';
  instances: number;
  /** What distinguishes the instances: `header order`, `error page`, `clock`, `counter`. */
  by: string[];
}

/** The last line of a history. A history without this line is incomplete. */
export interface Finish {
  type: 'finish';
  clock: string;
  at: number;
  reason: 'complete' | 'interrupted' | 'failed';
  /** Sentences for the reader of the result: what the run left out, and why. */
  remarks?: string[];
}

export type Event =
  | Run
  | Clock
  | SessionEvent
  | ObjectEvent
  | Phase
  | Start
  | End
  | Operation
  | Fault
  | Served
  | Fingerprint
  | Finish;
