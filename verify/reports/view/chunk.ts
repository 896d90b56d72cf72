/**
 * Defines the data from which the HTML report draws the timeline and the plots. A saved page contains one piece of
 * data, called a chunk. A page that shows a run in progress gets a further chunk every second.
 */

/** Unit of the times in the columns: the number of microseconds that the value 1 stands for. */
export const UNIT = 10;

/** Value of the column `sawUser` if the response named the session's own user. */
export const OWN = '=';

/**
 * The columns of the requests, in the order of the bytes. A column with texts contains indices into `texts`, and 0 for
 * a request without such a text.
 *
 * - `call`: time of the call, as the difference from the previous request; may be negative
 * - `length`: duration, plus 1; 0 if the request never returned
 * - `session`: index into `sessions`
 * - `instance`, `action`, `path`, `note`: texts
 * - `object`: text that ends with `@` for an object of the session, and with `@@` for an object of its user
 * - `with`: text that says which cookies the client sent
 * - `source`: text that says where the name of the instance comes from
 * - `sawUser`: text with the name of the user on the page; OWN for the user of the session
 * - `detail`: text with the written value and the shown values; only for sessions with an anomaly
 * - `status`: HTTP status; 0 if there was no response
 * - `state`: bits of FLAGS
 * - `group`: number of the virtual user in the request id, plus 1; 0 if the id has no such number
 * - `number`: last number of the request id, as the difference from the previous request; may be negative
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
 * Bits of the column `state`. `fail`, `info`: the outcome. `in`, `out`: the response was signed in or signed out.
 * `cookie`, `deleted`: the response set or deleted a session cookie. `handoff`: the session moved to another instance.
 * `direct`: the request was sent directly to an instance.
 */
export const FLAGS = { fail: 1, info: 2, in: 4, out: 8, cookie: 16, deleted: 32, handoff: 64, direct: 128 };

/**
 * The requests since the previous chunk. Lists only the texts and sessions that are new. Their indices continue the
 * numbering of the previous chunk.
 */
export interface Chunk {
  count: number;
  /** Number of bytes per value, for each column of the requests. */
  widths: number[];
  /** Texts that no earlier chunk contains. Index 0 always means the empty text. */
  texts: string[];
  /** Sessions that no earlier chunk contains, with their users. */
  sessions: [session: string, user: string][];
  /** The sessions that ended: index of the session, reason, and time in microseconds. */
  ends: [session: number, reason: string, at: number][];
  /** Number of requests that the timeline omits. The plots count all requests. */
  left: number;
  /** All faults since the start of the run. Times are microseconds. */
  faults: FaultBand[];
  /** The complete data of the plots. It replaces the data in the previous chunk. */
  plots: Plots;
}

export interface FaultBand {
  id: number;
  title: string;
  did?: string;
  begin: number;
  end?: number;
}

/**
 * Counts for the plots. The run is divided into intervals of equal length, and each series has one number per interval.
 */
export interface Plots {
  /** Length of each interval, microseconds. */
  width: number;
  /**
   * Names of the instances, in the order of `requests` and `failed`. An empty name stands for responses that named no
   * instance.
   */
  instances: string[];
  /** Number of requests that ended in each interval, for each instance. */
  requests: number[][];
  /** Number of requests without a response, or with a status of 500 or more, in each interval and for each instance. */
  failed: number[][];
  /**
   * Numbers of sessions in each interval: sessions that began (`born`), that ended (`ended`), and that ended because
   * they were lost (`lost`).
   */
  born: number[];
  ended: number[];
  lost: number[];
  /** Numbers of requests by the age of their session. The limits of the age groups are 1 s, 2 s, 4 s, and so on. */
  ages: number[];
  /**
   * Response times in microseconds, for each instance in each part of the run (before, during and after each fault).
   */
  latency: { part: string; instance: string; count: number; p50: number; p95: number; p99: number }[];
}

/** Mark on the timeline for an anomaly. */
export interface AnomalyMark {
  /** Id of the HTML element that shows the requests that prove the anomaly (its witness). */
  id: string;
  name: string;
  guarantee: string;
  claimed: boolean;
  /** Time at which the client sent the request that broke the guarantee, microseconds. */
  at: number;
  from: number;
  until: number;
  /** Session of the request that broke the guarantee. */
  session: string;
  /** All sessions with a request in the witness of the anomaly. */
  sessions: string[];
  /** X-Request-Id of the request that broke the guarantee. */
  request: string;
  /** Description of the expected response. */
  expected: string;
  /** Description of the response that came. */
  came: string;
  summary: string;
}

/** Data that the HTML report needs besides the chunks. */
export interface Facts {
  run: string;
  anomalies: AnomalyMark[];
  /** True if the page shows a run in progress, for which the server sends the chunks. */
  live?: true;
  /** Response times and requests by instance, of the baseline and of this run; absent if there is no baseline. */
  sides?: Side[];
}

/** A message from the server of `--ui` to a page that shows a run in progress. */
export interface LiveNews {
  run: string;
  /** Name of the target, its address, and the name of the run. */
  about: string;
  /** A chunk with the new requests, compressed by deflate, in base64. */
  chunk: string;
  /** All anomalies since the start of the run. */
  anomalies: AnomalyMark[];
}

/** One side of a comparison: the baseline or the current runs. */
export interface Side {
  name: string;
  /** Response times at the percentiles that `PERCENTILES` lists, milliseconds. */
  quantiles: (number | null)[];
  instances: { instance: string; share: number }[];
}

export const PERCENTILES = [5, 10, 25, 50, 75, 90, 95, 99, 99.9] as const;
