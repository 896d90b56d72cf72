/** Defines a request that a caller passes to a session client. */
import { randomBytes } from 'node:crypto';
import { filledJson } from '../core/response/form.ts';
import type { Held } from './barrier.ts';
import type { Outgoing, Watch } from './exchange.ts';

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
  /**
   * Time from the first byte to the client's disconnect, milliseconds, like a user who closes the tab. With 0, the client
   * disconnects as soon as the request is sent.
   */
  abandon?: number | undefined;
}

/**
 * Returns a request with its JSON body: the body of a read by POST, or the request's own.
 *
 * @param posts key: path; value: JSON body for a read by POST
 * @param captured values of placeholders
 * @param watch its id is the value of the placeholder {request}; random without a watch
 */
export function withJson(
  asked: Send,
  posts: ReadonlyMap<string, unknown>,
  captured: ReadonlyMap<string, string>,
  watch: Pick<Watch, 'id'> | undefined,
): Send {
  const read = posts.size === 0 ? undefined : posts.get(asked.path);
  const json = read ?? asked.json;
  if (json === undefined) return asked;
  const request = watch?.id ?? randomBytes(8).toString('hex');
  const filled = filledJson(json, { ...Object.fromEntries(captured), request });
  return { ...asked, ...(read === undefined ? {} : { method: 'POST' }), json: filled };
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

type Ending = Pick<Outgoing, 'signal' | 'watch'>;

/**
 * Lets a request disconnect `after` milliseconds after its first byte. Returns the request's abort signal and
 * callbacks.
 *
 * @param given the signal and the callbacks of the same request without a disconnect
 */
export function abandoning(after: number, given: Ending): Ending {
  const { signal: stop, watch } = given;
  const away = new AbortController();
  return {
    signal: stop === undefined ? away.signal : AbortSignal.any([stop, away.signal]),
    watch: {
      id: watch?.id ?? '',
      once: watch?.once ?? false,
      begins: () => watch?.begins(),
      departs: cookies => {
        watch?.departs(cookies);
        // A timer fires late on a busy machine, often after the response.
        if (after === 0) queueMicrotask(() => away.abort());
        else setTimeout(() => away.abort(), after).unref();
      },
      arrives: () => watch?.arrives(),
    },
  };
}
