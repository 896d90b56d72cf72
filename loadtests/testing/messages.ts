/** The messages between the threads of the fake k6 and its main thread. */

/** A request of a script. Requests of k6 are synchronous, so the thread waits for the response. */
export interface RequestMessage {
  type: 'request';
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | null;
}

export interface ResponseMessage {
  status: number;
  /** Response headers, with names as k6 writes them. Each value of a name is a separate entry. */
  headers: [string, string][];
  body: string;
  /** k6's code for the error, if there was no response. */
  errorCode: number;
  /** Duration of the request, milliseconds. */
  duration: number;
}

export type Kind = 'counter' | 'rate' | 'trend';

export interface Sample {
  type: 'sample';
  metric: string;
  kind: Kind;
  value: number;
  tags: Record<string, string>;
}

interface Said {
  type: 'console';
  text: string;
}

/** The last message that a thread of the fake k6 sends. */
export interface Done {
  type: 'done';
  /** The options of the script; absent if it could not be loaded. */
  options?: ScriptOptions;
  /** The value that setup() or handleSummary() returned. */
  value?: unknown;
  /** The error if loading the script, or setup(), failed. */
  error?: string;
}

export type Message = RequestMessage | Sample | Said | Done;

interface Threshold {
  threshold: string;
  abortOnFail?: boolean;
}

/** A scenario of k6, with the executors and options that the fake k6 supports. */
export interface Scenario {
  executor: 'constant-vus' | 'per-vu-iterations' | 'constant-arrival-rate' | 'ramping-arrival-rate';
  exec?: string;
  vus?: number;
  iterations?: number;
  preAllocatedVUs?: number;
  /** Number of iterations that start per second. */
  rate?: number;
  duration?: string;
  startRate?: number;
  stages?: { target: number; duration: string }[];
}

/** The options of a script that the fake k6 supports. */
export interface ScriptOptions {
  vus?: number;
  duration?: string;
  iterations?: number;
  noCookiesReset?: boolean;
  maxRedirects?: number;
  thresholds?: Record<string, (string | Threshold)[]>;
  /** Scenarios in the order in which they run. */
  scenarios?: Record<string, Scenario>;
}

/** One task of a virtual user, limited by a time or a number of iterations. It runs without pauses, or at a rate. */
export interface Stint {
  /** Name of the exported function to run. */
  exec: string;
  /** Duration of the task, milliseconds. */
  duration?: number;
  iterations?: number;
  /** Consecutive intervals. In each one the rate changes from `from` to `to`, iterations per second. */
  paces?: { seconds: number; from: number; to: number }[];
}

export interface Task {
  role: 'options' | 'setup' | 'user' | 'teardown' | 'summary';
  script: string;
  env: Record<string, string>;
  /** Number of the virtual user, from 1 on. */
  user: number;
  /** For a virtual user: the value that setup() returned. For handleSummary(): its argument. */
  data: unknown;
  /** The tasks of the virtual user, in order. */
  stints?: Stint[];
  /** The thread sleeps on this array until a response to its request has arrived. */
  signal: Int32Array;
}
