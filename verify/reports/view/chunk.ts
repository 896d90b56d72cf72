/**
 * Defines the data of the timeline and plots in the HTML report. A saved page has one chunk of data; a page of a run in
 * progress gets a new chunk every second.
 */

/** Unit of the times in the columns, microseconds. */
export const UNIT = 10;

/** Value of the column `sawUser` for the session's own user. */
export const OWN = '=';

/**
 * The columns of the requests, in the order of the bytes. Texts are indices into `texts`, 0 for none.
 *
 * - `call`: time since the previous request's call; may be negative
 * - `length`: duration plus 1; 0 if the request never returned
 * - `session`: index into `sessions`
 * - `object`: text that ends with `@` for an object of the session, `@@` for one of its user
 * - `with`: text, which cookies the client sent
 * - `source`: text, where the instance's name comes from
 * - `sawUser`: text, the user on the page; OWN for the session's user
 * - `detail`: text, written and shown values; only for sessions with an anomaly
 * - `status`: HTTP status; 0 without a response
 * - `state`: bits of FLAGS
 * - `group`: number of the virtual user in the request id, plus 1; 0 without one
 * - `number`: last number of the request id, minus the previous request's; may be negative
 */
export const COLUMNS = [
  'call',
  'length',
  'session',
  'instance',
  'action',
  'path',
  'note',
  'object',
  'with',
  'source',
  'sawUser',
  'detail',
  'status',
  'state',
  'group',
  'number',
] as const;

export type Column = (typeof COLUMNS)[number];

/**
 * Bits of the column `state`. `fail`, `info`: outcome. `in`, `out`: response signed in or out. `cookie`, `deleted`:
 * response set or deleted a session cookie. `handoff`: session moved to another instance. `direct`: sent directly to an
 * instance.
 */
export const FLAGS = { fail: 1, info: 2, in: 4, out: 8, cookie: 16, deleted: 32, handoff: 64, direct: 128 };

/** The requests since the previous chunk. New texts and sessions continue the numbering of that chunk. */
export interface Chunk {
  count: number;
  /** Number of bytes per value, for each column. */
  widths: number[];
  /** New texts. Index 0 always means the empty text. */
  texts: string[];
  sessions: [session: string, user: string][];
  /** Ended sessions: index, reason, and time in microseconds. */
  ends: [session: number, reason: string, at: number][];
  /** Number of requests that the timeline omits. The plots count all requests. */
  left: number;
  /** All faults since the start of the run. Times are microseconds. */
  faults: FaultBand[];
  /** The complete data of the plots. It replaces the data of the previous chunk. */
  plots: Plots;
}

export interface FaultBand {
  id: number;
  title: string;
  did?: string;
  begin: number;
  end?: number;
}

/** Counts for the plots, in equal intervals of the run. */
export interface Plots {
  /** Length of each interval, microseconds. */
  width: number;
  /**
   * Names of instances, in the order of `requests` and `failed`. An empty name stands for responses that named no
   * instance.
   */
  instances: string[];
  /** Number of ended requests, for each instance and interval. */
  requests: number[][];
  /** Number of requests without a response, or with a status of 500 or more, for each instance and interval. */
  failed: number[][];
  /** Number of sessions that began (`born`), ended (`ended`) and were lost (`lost`) in each interval. */
  born: number[];
  ended: number[];
  lost: number[];
  /** Numbers of requests by the age of their session, in groups up to 1 s, 2 s, 4 s, and so on. */
  ages: number[];
  /** Response times, microseconds, for each instance and part of the run (before, during and after each fault). */
  latency: { part: string; instance: string; count: number; p50: number; p95: number; p99: number }[];
}

export interface AnomalyMark {
  /** Id of the HTML element that shows the anomaly's requests. */
  id: string;
  name: string;
  guarantee: string;
  claimed: boolean;
  /** Time at which the violating request was sent, microseconds. */
  at: number;
  from: number;
  until: number;
  session: string;
  /** All sessions with a request in the anomaly's proof. */
  sessions: string[];
  request: string;
  expected: string;
  came: string;
  summary: string;
}

export interface Facts {
  run: string;
  anomalies: AnomalyMark[];
  /** True if the page shows a run in progress. */
  live?: true;
  /** The baseline and this run, for comparison. */
  sides?: Side[];
}

/** A message from the server of `--ui` to the page of a run in progress. */
export interface LiveNews {
  run: string;
  /** Name of the target, its address, and the name of the run. */
  about: string;
  /** A chunk, compressed by deflate, in base64. */
  chunk: string;
  /** All anomalies since the start of the run. */
  anomalies: AnomalyMark[];
}

/** One side of a comparison: the baseline or the current runs. */
export interface Side {
  name: string;
  /** Response times at the `PERCENTILES`, milliseconds. */
  quantiles: (number | null)[];
  instances: { instance: string; share: number }[];
}

export const PERCENTILES = [5, 10, 25, 50, 75, 90, 95, 99, 99.9] as const;
