/** Defines the messages between the threads of the fake k6 and its main thread. */

/** A script's request. The thread blocks until the response, because requests of k6 are synchronous. */
export interface RequestMessage {
  type: 'request';
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | null;
}

export interface ResponseMessage {
  status: number;
  /** Header names are written as in k6. Each value of a name is a separate entry. */
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
  /** Options of the script; undefined if the script could not be loaded. */
  options?: ScriptOptions;
  /** The value that setup() or handleSummary() returned. */
  value?: unknown;
  /** Error message if the script could not be loaded, or if setup() failed. */
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

/** Options of a script, as far as the fake k6 supports them. */
export interface ScriptOptions {
  vus?: number;
  duration?: string;
  iterations?: number;
  noCookiesReset?: boolean;
  maxRedirects?: number;
  thresholds?: Record<string, (string | Threshold)[]>;
  scenarios?: Record<string, Scenario>;
}

/**
 * A task of a virtual user: runs a function repeatedly, for a time or a number of iterations, without pauses or at a
 * rate.
 */
export interface Stint {
  exec: string;
  duration?: number;
  iterations?: number;
  /** Consecutive intervals of the task. The rate, in iterations per second, changes linearly from `from` to `to`. */
  paces?: { seconds: number; from: number; to: number }[];
}

export interface Task {
  role: 'options' | 'setup' | 'user' | 'teardown' | 'summary';
  script: string;
  env: Record<string, string>;
  user: number;
  /** Argument of the function: the value of setup(), or the data for handleSummary(). */
  data: unknown;
  stints?: Stint[];
  /** Shared memory on which the thread waits until the response has arrived. */
  signal: Int32Array;
}
