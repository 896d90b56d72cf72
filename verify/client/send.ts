/** Defines a request in the form in which callers pass it to a client. */
import type { Held } from './barrier.ts';

export interface Send {
  method: string;
  /** Path on the target, with its query; or an address on one of the other hosts of the target file. */
  path: string;
  /** The path to record, if the path has a secret. */
  shown?: string | undefined;
  /**
   * The page whose link, redirect or form leads to this request, if this page may be on another site. The page
   * decides which cookies are sent.
   */
  from?: URL | undefined;
  /** Sent as application/x-www-form-urlencoded. */
  form?: Record<string, string>;
  /** Every form field with this text is sent twice. */
  twice?: string | undefined;
  /** Sent as application/json. If present, `form` is not sent. */
  json?: unknown;
  headers?: Record<string, string>;
  /** Name of a captured value. Headers of the target file that contain it are not sent. */
  omit?: string | undefined;
  /** Address of one instance. Absent: the target's own address, through the balancer. */
  origin?: string | undefined;
  /**
   * Cookies for the balancer, in addition to the cookies of the jar. A cookie of the same name in the jar is not
   * sent.
   */
  cookies?: Record<string, string> | undefined;
  /** Holds back the last byte of the request. */
  held?: Held | undefined;
  /**
   * True: a redirect counts as complete when its head has come, as in a browser. Its body is read in the background.
   */
  early?: boolean | undefined;
  /** Disconnects after this many milliseconds, like a user who closes the tab. */
  abandon?: number | undefined;
}

/** Returns the body of a request: JSON or a form; null if it has none. */
export function bodyOf({ method, form, twice, json }: Send): string | null {
  if (json !== undefined) return JSON.stringify(json);
  if (form === undefined || method === 'GET') return null;
  const fields = new URLSearchParams(form);
  if (twice !== undefined)
    for (const [name, text] of Object.entries(form)) if (text === twice) fields.append(name, text);
  return fields.toString();
}

/** Returns whether a method changes nothing. */
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
