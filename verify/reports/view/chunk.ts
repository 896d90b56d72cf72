/**
 * Defines the data from which the HTML report draws the timeline and the plots. A saved page contains one chunk of
 * data. A page that shows a run in progress gets a further chunk every second.
 */

/** Unit of the times in the columns, microseconds. */
export const UNIT = 10;

/** Stands in the column `sawUser` for "the response named the session's own user". */
export const OWN = '=';

/**
 * The columns of the requests, in the order of the bytes. A text is stored as its index in `texts`, 0 if the request has
 * no such text.
 *
 * - `call`: the time of the call, as the difference from the request before, signed
 * - `length`: the duration, plus 1; 0 if the request never returned
 * - `session`: an index into `sessions`
 * - `instance`, `action`, `path`, `note`: texts
 * - `object`: a text that ends with `@` for an object of the session, and with `@@` for an object of its user
 * - `with`: a text that says which cookies were sent
 * - `source`: a text that says where the name of the instance comes from
 * - `sawUser`: the name of the user on the page, as a text; OWN for the user of the session
 * - `detail`: the written value and the shown values, as a text; only for sessions of an anomaly
 * - `status`: the HTTP status; 0 if there was no response
 * - `state`: the bits of FLAGS
 * - `group`: the number of the virtual user in the request id, plus 1; 0 if the id has no such number
 * - `number`: the last number of the request id, as the difference from the request before, signed
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
 * Bits of the column `state`: the outcome (`fail`, `info`), signed `in` or `out`, a session cookie that was
 * set (`cookie`) or `deleted`, a `handoff` (the session moved to another instance), and a request sent
 * `direct` to an instance.
 */
export const FLAGS = { fail: 1, info: 2, in: 4, out: 8, cookie: 16, deleted: 32, handoff: 64, direct: 128 };

/**
 * The requests since the previous chunk. Lists only the texts and sessions that are new: their indices follow
 * those of the previous chunk.
 */
export interface Chunk {
  count: number;
  /** Bytes per value of each column. */
  widths: number[];
  /** The texts that are new. Index 0 is the empty text. */
  texts: string[];
  /** The sessions that are new, with their users. */
  sessions: [session: string, user: string][];
  /** Ends of sessions: index of the session, reason, and time in microseconds. */
  ends: [session: number, reason: string, at: number][];
  /** Number of requests that the timeline leaves out. The plots include them. */
  left: number;
  /** All faults so far, times in microseconds. */
  faults: FaultBand[];
  /** All data of the plots. It replaces the plots of the previous chunk. */
  plots: Plots;
}

export interface FaultBand {
  id: number;
  title: string;
  did?: string;
  begin: number;
  end?: number;
}

/** Counts for the plots. The run is cut into intervals of equal length, and a series has one number for each. */
export interface Plots {
  /** Length of an interval, microseconds. */
  width: number;
  /** Names of the instances, in the order of `requests` and `failed`. Responses that named no instance have name ''. */
  instances: string[];
  /** Number of requests that ended, by instance and interval. */
  requests: number[][];
  /** Number of requests without a response, or with a status of 500 or more, by instance and interval. */
  failed: number[][];
  /** Numbers of sessions by interval: logins, ends, and ends by a loss, after which the client had to log in again. */
  born: number[];
  ended: number[];
  lost: number[];
  /** Numbers of requests by the age of their session: under 1 s, under 2 s, under 4 s, and so on. */
  ages: number[];
  /** Response times in microseconds, by part of the run (before, during and after each fault) and instance. */
  latency: { part: string; instance: string; count: number; p50: number; p95: number; p99: number }[];
}

/** An anomaly that the timeline marks. */
export interface AnomalyMark {
  /** Id of the HTML element that shows the witness: the requests that prove the anomaly. */
  id: string;
  name: string;
  guarantee: string;
  claimed: boolean;
  /** Time at which the request that broke the guarantee was called, microseconds. */
  at: number;
  from: number;
  until: number;
  /** Session of the request that broke the guarantee. */
  session: string;
  /** All sessions whose requests the witness shows. */
  sessions: string[];
  /** X-Request-Id of the request that broke the guarantee. */
  request: string;
  /** The expected response, as a text. */
  expected: string;
  /** The response that came, as a text. */
  came: string;
  summary: string;
}

/** Data of the page besides the chunks. */
export interface Facts {
  run: string;
  anomalies: AnomalyMark[];
  /** True if the page shows a run in progress. Such a page gets its chunks from the server. */
  live?: true;
  /** Response times and requests by instance of the baseline and of this run; absent without a baseline. */
  sides?: Side[];
}

/** A message from the server to a page that shows a run in progress. */
export interface LiveNews {
  run: string;
  /** Target, address and name of the run. */
  about: string;
  /** The new requests: a chunk, deflated, in base64. */
  chunk: string;
  /** All anomalies so far. */
  anomalies: AnomalyMark[];
}

/** One side of a comparison: the baseline or the current runs. */
export interface Side {
  name: string;
  /** Response time at the percentiles of PERCENTILES, milliseconds. */
  quantiles: (number | null)[];
  instances: { instance: string; share: number }[];
}

export const PERCENTILES = [5, 10, 25, 50, 75, 90, 95, 99, 99.9] as const;
