/** Defines a request that a caller passes to a session client. */
import type { Held } from './barrier.ts';

export interface Send {
  method: string;
  /** Path of the target with its query, or an address on another host of the target file. */
  path: string;
  /** The path for the history, if `path` contains a secret. */
  shown?: string | undefined;
  /**
   * The page whose link, redirect or form leads to this request, if the page may be on another site. The
   * browser chooses the SameSite cookies by the site of this page.
   */
  from?: URL | undefined;
  /** Form fields, sent as application/x-www-form-urlencoded. */
  form?: Record<string, string>;
  /** Form fields with this text are sent twice. */
  twice?: string | undefined;
  /** Body to send as application/json instead of `form`. */
  json?: unknown;
  headers?: Record<string, string>;
  /** Name of a placeholder: headers of the target file that contain it are not sent. */
  omit?: string | undefined;
  /** Address of an instance to which the request is sent directly; by default it goes to the balancer. */
  origin?: string | undefined;
  /** Cookies for the balancer. They replace cookies of the jar with the same names. */
  cookies?: Record<string, string> | undefined;
  /** Sends the last byte of the request at the same time as other requests (barrier.ts). */
  held?: Held | undefined;
  /** If true, a redirect counts as complete when its header has arrived. Its body is read in the background. */
  early?: boolean | undefined;
  /** Disconnects after this time, milliseconds, like a user who closes the tab. */
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

/** Returns whether a request with this method changes nothing. */
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
