/** The messages between the threads of the fake k6 and its main thread. */

/** A request of a script, whose thread waits for the response: requests of k6 are synchronous. */
export interface RequestMessage {
  type: 'request';
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | null;
}

export interface ResponseMessage {
  status: number;
  /** Header names as k6 writes them. Each value of a name is a separate entry. */
  headers: [string, string][];
  body: string;
  /** k6's error code if no response came. */
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
  /** The script's options; undefined if the script could not be loaded. */
  options?: ScriptOptions;
  /** The value that setup() or handleSummary() returned. */
  value?: unknown;
  /** The error message if the script could not be loaded, or if setup() failed. */
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

/** Runs a function repeatedly, for a time or a number of iterations, without pauses or at a rate. */
export interface Stint {
  /** Name of the exported function to run. */
  exec: string;
  /** Duration of the task, milliseconds. */
  duration?: number;
  iterations?: number;
  /** Consecutive intervals. The rate changes linearly from `from` to `to`, iterations per second. */
  paces?: { seconds: number; from: number; to: number }[];
}

export interface Task {
  role: 'options' | 'setup' | 'user' | 'teardown' | 'summary';
  script: string;
  env: Record<string, string>;
  /** Number of the virtual user in the run, from 1 on. */
  user: number;
  /** Argument of the function: the value of setup(), or the data for handleSummary(). */
  data: unknown;
  stints?: Stint[];
  /** Shared memory on which the thread sleeps until the response has arrived. */
  signal: Int32Array;
}
