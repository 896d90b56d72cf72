/** Defines a request that a caller passes to a session client. */
import type { Held } from './barrier.ts';

export interface Send {
  method: string;
  /** Path of the target with its query, or an address on another host of the target file. */
  path: string;
  /** The path to write into the history instead of `path`, if `path` contains a secret. */
  shown?: string | undefined;
  /**
   * The page whose link, redirect or form leads to this request, if the page may be on another site. The
   * browser chooses the SameSite cookies by the site of this page.
   */
  from?: URL | undefined;
  /** Form fields, sent as application/x-www-form-urlencoded. */
  form?: Record<string, string>;
  /** Text of form fields that must be sent twice. */
  twice?: string | undefined;
  /** Body to send as application/json instead of `form`. */
  json?: unknown;
  headers?: Record<string, string>;
  /** Name of a placeholder. Headers of the target file that contain this placeholder are not sent. */
  omit?: string | undefined;
  /** Address of an instance, to send the request directly to it. By default, the request goes to the balancer. */
  origin?: string | undefined;
  /** Cookies by which the balancer routes the request. They replace cookies of the jar with the same names. */
  cookies?: Record<string, string> | undefined;
  /**
   * Present if the request must overlap other requests: the barrier sends the last bytes of all of them at the same
   * time.
   */
  held?: Held | undefined;
  /**
   * If true, and the response is a redirect, the request is complete when the response's headers have arrived. The body
   * is read in the background.
   */
  early?: boolean | undefined;
  /**
   * Time after which the client disconnects without waiting longer for the response, milliseconds, like a user who
   * closes the tab.
   */
  abandon?: number | undefined;
}

/** Encodes the body of a request; returns null if it has none. */
export function bodyOf({ method, form, twice, json }: Send): string | null {
  if (json !== undefined) return JSON.stringify(json);
  if (form === undefined || method === 'GET') return null;
  const fields = new URLSearchParams(form);
  if (twice !== undefined)
    for (const [name, text] of Object.entries(form)) if (text === twice) fields.append(name, text);
  return fields.toString();
}

/** Returns whether a method, such as GET, changes no data. */
export const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD';

/**
 * Returns the signal that ends a request.
 *
 * @param stop the signal of the run
 */
export function endOf({ abandon }: Send, stop: AbortSignal | undefined): AbortSignal | undefined {
  if (abandon === undefined) return stop;
  const away = AbortSignal.timeout(Math.round(abandon));
  return stop === undefined ? away : AbortSignal.any([stop, away]);
}
