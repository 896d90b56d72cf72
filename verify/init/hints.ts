/** Defines hints: requests that init knows from the app's scripts or from a recording of its traffic. */

/** A request with the placeholders `{value}`, `{user}` and `{password}`. */
export interface HintedRequest {
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  json?: unknown;
  form?: Record<string, string>;
  /** For a login: a regular expression for the response to a refused login. */
  refused?: string;
  /** For a write: a regular expression for the response to a successful write. */
  confirmed?: string;
}

export interface Hints {
  /** Path of the page that sent the login request. */
  page?: string | undefined;
  logins: HintedRequest[];
  pages: string[];
  logouts: HintedRequest[];
  writes: HintedRequest[];
  /**
   * A clause that names the source of the hints, such as "the API describes". Absent if init only guesses the purpose
   * of the requests.
   */
  described?: string;
  /** True if the logins are guesses: the login requests that APIs usually have. */
  usual?: true;
}

export const NO_HINTS: Hints = { logins: [], pages: [], logouts: [], writes: [] };
