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

/** The options of a script that the double knows. */
export interface ScriptOptions {
  vus?: number;
  duration?: string;
  iterations?: number;
  noCookiesReset?: boolean;
  maxRedirects?: number;
  thresholds?: Record<string, string[]>;
}

export interface Task {
  role: 'options' | 'setup' | 'user' | 'teardown' | 'summary';
  script: string;
  env: Record<string, string>;
  /** Number of the virtual user, from 1 on. */
  user: number;
  /** What setup() returned, or the data of handleSummary(). */
  data: unknown;
  /** Milliseconds of the load; or how many iterations. */
  duration?: number;
  iterations?: number;
  /** Woken when an answer is there. */
  signal: Int32Array;
}
