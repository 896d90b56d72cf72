/**
 * The events of a run, as a history file holds them: one JSON object a line (docs/history.md).
 * Times are whole microseconds on the line's clock.
 */

export const FORMAT = 'baton-history';
export const VERSION = 1;

/**
 * form: opens the login page · login · logout
 * read: shows who is signed in and, with an object, its state · add, remove: change one value of it
 */
export type Action = 'form' | 'login' | 'logout' | 'read' | 'add' | 'remove';

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

/** What identifies an operation: known before its first byte leaves. */
interface Called {
  /** Unique in the history. */
  id: number;
  clock: string;
  client: string;
  session: string;
  user: string;
  action: Action;
  object?: string;
  value?: string;
  request: string;
  call: number;
}

/** A session cookie that a response changed. */
export interface CookieChange {
  name: string;
  change: 'set' | 'deleted';
  /** Label of the value, keyed per run; equal labels are equal values. Absent for a deletion. */
  label?: string;
}

/** What is known of an operation once it has ended. */
interface Returned {
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
  /** What was disturbed: an instance, the store … */
  where?: string;
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
}

/** Last line. A history without it was cut off. */
export interface Finish {
  type: 'finish';
  clock: string;
  at: number;
  reason: 'complete' | 'interrupted' | 'failed';
}

export type Event = Run | Clock | SessionEvent | Start | End | Operation | Fault | Served | Finish;
