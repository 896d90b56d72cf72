/**
 * Defines the data of the timeline and the plots. The page gets it once from the file, or repeatedly while
 * the run goes on.
 */

/** Unit of the times in the columns, microseconds. */
export const UNIT = 10;

/** The text for the user of the session, in the column `sawUser`. */
export const OWN = '=';

/** The columns of the requests, in the order of the bytes. A text is an index into `texts`; 0 means absent. */
export const COLUMNS = [
  'call', // difference from the request before, signed, in units
  'length', // duration in units, plus 1; 0: never returned
  'session', // index into `sessions`
  'instance', // text
  'action', // text
  'path', // text
  'note', // text
  'object', // text; ends with `@` for an object of the session, with `@@` for one of its user
  'with', // text: which cookies were sent
  'source', // text: the source of the instance's name
  'sawUser', // text; OWN for the user of the session
  'detail', // text: the value written and the values seen; only for sessions of an anomaly
  'status', // HTTP status; 0: none
  'state', // bits of FLAGS
  'group', // number of the virtual user in the request id, plus 1; 0: none
  'number', // last number of the request id: difference from the request before, signed
] as const;

export type Column = (typeof COLUMNS)[number];

/** Bits of the column `state`. */
export const FLAGS = { fail: 1, info: 2, in: 4, out: 8, cookie: 16, deleted: 32, handoff: 64, direct: 128 };

/** Requests, and the names that these requests use. Indices continue the indices of the previous chunk. */
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

/** Counts of intervals of equal length from time 0, and other figures. */
export interface Plots {
  /** Length of an interval, microseconds. */
  width: number;
  /**
   * Names of the instances, in the order of `requests` and `failed`; the name is empty for responses that
   * named no instance.
   */
  instances: string[];
  /** Requests that ended, by instance and interval. */
  requests: number[][];
  /** The requests without a response, or with a status of 500 or more. */
  failed: number[][];
  /**
   * Sessions by interval: logins, ends, and losses. A loss is an end after which the client had to log in
   * again.
   */
  born: number[];
  ended: number[];
  lost: number[];
  /** Requests by the age of their session: under 1 s, under 2 s, under 4 s, and so on. */
  ages: number[];
  /** Response times by part of the run and instance, microseconds. */
  latency: { part: string; instance: string; count: number; p50: number; p95: number; p99: number }[];
}

/** A mark of an anomaly on the timeline. */
export interface AnomalyMark {
  /** Id of the page's article that shows the witness. */
  id: string;
  name: string;
  guarantee: string;
  claimed: boolean;
  /** Call of the request that broke the guarantee, microseconds. */
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

/** The data that the page needs in addition to the chunks. */
export interface Facts {
  run: string;
  anomalies: AnomalyMark[];
  /** True while the run goes on. Then the page gets its chunks from the server. */
  live?: true;
  /** Response times and requests by instance of the baseline and of this run; absent without a baseline. */
  sides?: Side[];
}

/** A message to a live page. */
export interface LiveNews {
  run: string;
  /** Target, address and name of the run. */
  about: string;
  /** The new requests: a chunk, deflated, in base64. */
  chunk: string;
  /** All anomalies so far. */
  anomalies: AnomalyMark[];
}

/** One side of a comparison. */
export interface Side {
  name: string;
  /** Response time at the percentiles of PERCENTILES, milliseconds. */
  quantiles: (number | null)[];
  instances: { instance: string; share: number }[];
}

export const PERCENTILES = [5, 10, 25, 50, 75, 90, 95, 99, 99.9] as const;
