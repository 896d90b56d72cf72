/**
 * Defines hints: requests of an app that init knows before it tries them, from the app's scripts or from a recording of
 * its traffic.
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
  /** For a login: a regular expression that matches the response to a refused login. */
  refused?: string;
  /** For a write: a regular expression that matches the response to a successful write. */
  confirmed?: string;
}

export interface Hints {
  /** Path of the page that sent the login request; absent if unknown. */
  page?: string | undefined;
  /** Requests that may log in, the most likely one first. */
  logins: HintedRequest[];
  /** Paths that a signed-in page, or a script in it, requests. */
  pages: string[];
  logouts: HintedRequest[];
  /** Requests that may store a text. */
  writes: HintedRequest[];
  /**
   * True if the app itself describes these requests, as GraphQL does, so that the purpose of each request is certain.
   */
  described?: true;
}

export const NO_HINTS: Hints = { logins: [], pages: [], logouts: [], writes: [] };
