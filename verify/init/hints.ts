/**
 * Requests of an app that init knows before it tries them: from the app's scripts or from a recording of its traffic.
 */

/**
 * A request that sends a text. Baton replaces the placeholders `{value}`, `{user}` and `{password}` when it sends the
 * request.
 */
export interface HintedRequest {
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  json?: unknown;
  form?: Record<string, string>;
  /** Of a login: an expression that finds a refusal in its response. */
  refused?: string;
  /** Of a write: an expression that finds the success in its response. */
  confirmed?: string;
}

export interface Hints {
  /** The page from which the login was sent, if known. */
  page?: string | undefined;
  /** Logins, the most likely one first. */
  logins: HintedRequest[];
  /** Paths that a signed-in page or its scripts request. */
  pages: string[];
  logouts: HintedRequest[];
  /** Requests that store a text. */
  writes: HintedRequest[];
  /** True if the app itself describes these requests, so that their purpose is known. */
  described?: true;
}

export const NO_HINTS: Hints = { logins: [], pages: [], logouts: [], writes: [] };
