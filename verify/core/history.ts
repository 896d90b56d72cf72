/**
 * The events of a run, as a history file holds them: one JSON object a line (docs/history.md).
 * Times are whole microseconds on the line's clock.
 */

export const FORMAT = 'baton-history';
export const VERSION = 1;

/**
 * form: opens the login page · login · logout: ends this session · logout-all: ends all sessions of the user
 * read: shows who is signed in and, with an object, its state · add, remove: one value of it
 * set: replaces a register's value, or with `state` all that an object holds · cas: sets a register whose value is
 * `expected` · increment: a counter, by its value · clear: takes out all that is in it
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
 * What was sent in place of the jar's own cookies. old: those from before the logout, or from before the session was
 * lost · before-login: those from before the login · another: those of another user's live session, over which this
 * session's user logged in · invented: an id of the client's making · forged: an own cookie, changed · none: no cookie
 */
export type With = 'old' | 'before-login' | 'another' | 'invented' | 'forged' | 'none';

/**
 * set: values without order · list: values in the order of their adds · bag: a list in which a value may stand
 * more than once · register: one value · counter: a number
 */
export type ObjectKind = 'set' | 'list' | 'bag' | 'register' | 'counter';

/** ok: happened. fail: certainly did not happen. info: may have happened, now or later. */
export type Outcome = 'ok' | 'fail' | 'info';

/** First line: what was run, against what, and what it claims. */
export interface Run {
  type: 'run';
  format: typeof FORMAT;
  version: typeof VERSION;
  /** Name of the run; every X-Request-Id of a recorded operation begins with it and a dash. */
  run: string;
  seed: number;
  /** Wall-clock time of the start, ISO 8601. */
  started: string;
  target: string;
  url: string;
  /** The command that runs it again with the same seed. */
  command: string;
  claims: string[];
  routing: 'spread' | 'sticky' | 'least-outstanding';
  /** Values that begin with this were made by this run: `<canary>.<user>.<session>.<number>.<random>`. */
  canary: string;
  /** Names of the logs that `served` lines come from. */
  logs: string[];
  declared?: Declared;
}

/** What the target states beside its claims: the measure for expiry, outages, faults, cookies. Microseconds. */
export interface Declared {
  expiry?: { idle?: number; absolute?: number; renew?: 'each' | 'half' | 'write' | 'never' };
  /** Within which an answer must come while the store is down. */
  deadline?: number;
  /** Of each fault window; `faults` says otherwise for single ones, by name. */
  budgets?: Budget & { faults?: Record<string, Budget> };
  /** Shares of the instances, any positive scale; equal when absent. */
  weights?: Record<string, number>;
  /** `asvs`: cookies must meet OWASP ASVS too. */
  cookies?: 'asvs';
  /** `strict`: a signed-in response without any caching directive is a violation. */
  caching?: 'strict';
  /** `strict`: a late response that sets a dead cookie over that of a later login is a violation. */
  logout?: 'strict';
  /** `strict`: instances whose clocks differ are condemned. */
  clocks?: 'strict';
}

/** Of a fault window: share of sessions and writes that outlive it (1), share of errors, gap, wait and recovery. */
export interface Budget {
  survival?: number;
  errors?: number;
  gap?: number;
  /** Until somebody has what they asked for, however often; where it is no single fault's, at any time. */
  wait?: number;
  recovery?: number;
}

/** A clock that times are read from; two clocks are comparable only beyond their uncertainties. */
export interface Clock {
  type: 'clock';
  clock: string;
  /** Wall-clock time of the clock's zero, ISO 8601. */
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
  /** Why it ended: `logout`, `lost`, `over` … */
  reason?: string;
}

/** An object whose operations are judged; without this line it is a set. */
export interface ObjectEvent {
  type: 'object';
  object: string;
  kind: ObjectKind;
  /** State before the first operation. Absent: not known, and values that no operation wrote are ignored. */
  initial?: string[];
  /** The app keeps at most so many values: more may be dropped. */
  cap?: number;
}

/** Marks where a part of the run begins. */
export interface Phase {
  type: 'phase';
  phase: 'warm-up' | 'load' | 'heal' | 'settle' | 'final';
  clock: string;
  at: number;
}

/** What identifies an operation: known before its first byte leaves. */
export interface Called {
  /** Unique in the history. */
  id: number;
  clock: string;
  client: string;
  session: string;
  user: string;
  action: Action;
  object?: string;
  value?: string;
  /** cas: the value that is to be replaced. */
  expected?: string;
  /** set: all of the new state, of an object that holds several values. */
  state?: string[];
  request: string;
  call: number;
  /** Path of the request, without query. */
  path?: string;
  /** Absent: the cookies that the client was last given. */
  with?: With;
  /** How a forged cookie was changed: `flip`, `cut` … */
  change?: string;
  /** Sent to the instance's own address, past the balancer. */
  direct?: boolean;
  /** Sent through the balancer with what makes it pick this instance. */
  steered?: boolean;
  /** Label of the session cookie that was sent, where that matters. */
  sent?: string;
}

/** A session cookie that a response changed. */
export interface CookieChange {
  name: string;
  change: 'set' | 'deleted';
  /** Label of the value, keyed per run; equal labels are equal values. Absent for a deletion. */
  label?: string;
  attributes?: CookieAttributes;
}

/** How a session cookie was set, where a workload looks. */
export interface CookieAttributes {
  httpOnly: boolean;
  secure: boolean;
  /** As sent, in small letters; absent when it was not. */
  sameSite?: string;
  path?: string;
  domain?: string;
  /** Seconds from the response's Date to the expiry; absent for a cookie of the browser session. */
  lifetime?: number;
  /** Name and value, as sent. */
  bytes: number;
  /** Room of the value, bits: what it could carry at the most, by its letters and where such values differ. */
  bits: number;
  /** Its line holds further cookies, joined by commas: a client takes them for attributes of this one. */
  folded?: boolean;
}

/** What a response says to caches, and what shows that it came from one. */
export interface Caching {
  /** Cache-Control as sent. */
  control?: string;
  /** Seconds from Date to Expires. */
  expires?: number;
  vary?: string;
  /** Age in seconds, or a header that says so: it was served from a cache. */
  hit?: boolean;
}

/** What is known of an operation once it has ended. */
export interface Returned {
  /** Absent while nobody knows: the operation may take effect at any later time. */
  return?: number;
  outcome: Outcome;
  /** HTTP status; absent when no response came. */
  status?: number;
  /** What came, in a few words: `303 to /login`, `timeout` … */
  note?: string;
  instance?: string;
  /** Where the instance was read: `header` … */
  source?: string;
  /** Absent when the response says nothing of it. */
  signedIn?: 'in' | 'out';
  /** Whom the response names; a label when it is none of the run's users. */
  sawUser?: string;
  /** State of the object, in the response's order. */
  saw?: string[];
  /** Canaries anywhere in the response but in `saw`. */
  canaries?: string[];
  cookies?: CookieChange[];
  /** Version of the object that the server gave, where it gives one. */
  version?: number;
  /** The response's Date minus our wall clock at its return, microseconds. */
  skew?: number;
  caching?: Caching;
  /** Where the value of a session cookie stood in the open. */
  exposed?: ('url' | 'body')[];
  /** Sent again on a fresh connection, as browsers do: the kept one was closed before any byte of an answer. */
  resent?: boolean;
  /** It failed or was slow while the machine of the run was so crowded that nothing on it got its time. */
  starved?: boolean;
}

/** Written before the first byte of an operation that may change something. */
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

/** A disturbance; `end` is absent in the line that opens the window. */
export interface Fault {
  type: 'fault';
  id: number;
  name: string;
  clock: string;
  begin: number;
  end?: number;
  /** What was disturbed, by name: `app-1`, `redis` … */
  where?: string;
  part?: 'instance' | 'balancer' | 'store';
  /** The store answers nobody while it lasts. */
  down?: boolean;
  /** In the line that closes the window: what was done, in a few words: `2 instances restarted`. */
  did?: string;
  /** In the line that closes the window: whether the fault was seen to take effect. */
  bit?: boolean;
  /** In the line that closes the window: whether all that was disturbed answered its health check again in time. */
  healthy?: boolean;
  /** In the line that closes the window: false where its heal failed, so that the disturbance may go on. */
  healed?: boolean;
  /** In the line that closes the window: what was started and never got ready, by name. */
  unready?: string;
}

/** What a log says of one request: who served it. */
export interface Served {
  type: 'served';
  /** The log's name: `balancer`, `app-1` … */
  source: string;
  kind: 'balancer' | 'instance';
  /** X-Request-Id of the request. */
  request: string;
  /** The instance that answered; absent when none did. */
  instance?: string;
  /** Balancer only: the instances that were tried, in order. */
  tried?: string[];
  status: number;
  /** Balancer only: when the instance had it, microseconds since 1970 by the clock of the log. */
  began?: number;
  ended?: number;
}

/** As how many instances answers looked before the load, where nothing names one: a hint, and no evidence. */
export interface Fingerprint {
  type: 'fingerprint';
  instances: number;
  /** What tells that many apart: `header order`, `error page`, `clock`, `counter`. */
  by: string[];
}

/** Last line. A history without it was cut off. */
export interface Finish {
  type: 'finish';
  clock: string;
  at: number;
  reason: 'complete' | 'interrupted' | 'failed';
  /** What the run left out, and why: sentences for the reader of its result. */
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
