/** Defines a request that a caller passes to a session client. */
import type { Held } from './barrier.ts';

export interface Send {
  method: string;
  /** Path and query, or an address on another host of the target file. */
  path: string;
  /** The path for the history, if `path` contains a secret. */
  shown?: string | undefined;
  /** The page that leads to this request. The page's site decides which SameSite cookies are sent. */
  from?: URL | undefined;
  /** Sent as application/x-www-form-urlencoded. */
  form?: Record<string, string>;
  /** Text of each form field that must be sent twice. */
  twice?: string | undefined;
  /** Sent as application/json, instead of `form`. */
  json?: unknown;
  headers?: Record<string, string>;
  /** A placeholder. Headers with this placeholder are omitted. */
  omit?: string | undefined;
  /** Address of an instance, to bypass the balancer. */
  origin?: string | undefined;
  /** Cookies by which the balancer routes; they replace cookies of the jar. */
  cookies?: Record<string, string> | undefined;
  /** A barrier, which makes this request overlap others. */
  held?: Held | undefined;
  /** If true, a redirect is complete when its headers have arrived. Its body is read in the background. */
  early?: boolean | undefined;
  /** Time after which the client disconnects, milliseconds, like a user who closes the tab. */
  abandon?: number | undefined;
}

export function bodyOf({ method, form, twice, json }: Send): string | null {
  if (json !== undefined) return JSON.stringify(json);
  if (form === undefined || method === 'GET') return null;
  const fields = new URLSearchParams(form);
  if (twice !== undefined)
    for (const [name, text] of Object.entries(form)) if (text === twice) fields.append(name, text);
  return fields.toString();
}

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
