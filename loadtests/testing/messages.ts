/** What the threads of the double and its main thread tell each other. */

/** A request that a script makes; k6's are synchronous, so the thread waits for the answer. */
export interface Asked {
  type: 'request';
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | null;
}

export interface Answered {
  status: number;
  /** Names as k6 writes them; several values of one name are separate. */
  headers: [string, string][];
  body: string;
  /** k6's, when no answer came. */
  errorCode: number;
  /** Milliseconds. */
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

/** What a thread has to say at its end. */
export interface Done {
  type: 'done';
  /** Absent when the script could not be loaded. */
  options?: ScriptOptions;
  /** What setup() or handleSummary() returned. */
  value?: unknown;
  /** Why the script could not be loaded, or what setup() threw. */
  error?: string;
}

export type Message = Asked | Sample | Said | Done;

interface Threshold {
  threshold: string;
  abortOnFail?: boolean;
}

/** One of k6's ways to spread iterations, as far as the double knows them. */
export interface Scenario {
  executor: 'constant-vus' | 'per-vu-iterations' | 'constant-arrival-rate' | 'ramping-arrival-rate';
  exec?: string;
  vus?: number;
  iterations?: number;
  preAllocatedVUs?: number;
  /** Iterations started a second. */
  rate?: number;
  duration?: string;
  startRate?: number;
  stages?: { target: number; duration: string }[];
}

/** The options of a script that the double knows. */
export interface ScriptOptions {
  vus?: number;
  duration?: string;
  iterations?: number;
  noCookiesReset?: boolean;
  maxRedirects?: number;
  thresholds?: Record<string, (string | Threshold)[]>;
  /** In the order in which they are run. */
  scenarios?: Record<string, Scenario>;
}

/** What a virtual user does: for a time or so often, as fast as it can or at a pace. */
export interface Stint {
  /** The function of the script. */
  exec: string;
  /** Milliseconds. */
  duration?: number;
  iterations?: number;
  /** Iterations a second that begin and end at these rates, one stretch after the other. */
  paces?: { seconds: number; from: number; to: number }[];
}

export interface Task {
  role: 'options' | 'setup' | 'user' | 'teardown' | 'summary';
  script: string;
  env: Record<string, string>;
  /** Number of the virtual user, from 1 on. */
  user: number;
  /** What setup() returned, or the data of handleSummary(). */
  data: unknown;
  /** Of a virtual user. */
  stints?: Stint[];
  /** Woken when an answer is there. */
  signal: Int32Array;
}
