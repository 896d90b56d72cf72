/** Defines a response as the core interprets it, whether Node or k6 received it. */
import type { CookieAttributes } from '../history/history.ts';

export interface ListPage {
  /** The values without the padding that Baton added. Callers must not change this list, because it is shared. */
  values: string[];
  next?: string;
  /** True if the list may continue although the page has no address of a next page. */
  cut: boolean;
}

/** What searches found in a body. Responses with equal bodies can share this object. */
export interface BodyFacts {
  /** The first value that each search found in the body, or null. Key: the object that searched. */
  readonly firsts: Map<object, string | null>;
  canaries?: readonly string[];
  /** `canaries`: the canaries in `found` that are not in `saw`. */
  outside?: { found: readonly string[]; saw: readonly string[]; canaries: string[] };
  /** The last list page read from the body, with its reader and the requested path. */
  list?: { reader: object; path: string; page: ListPage };
  busy?: boolean;
  password?: boolean;
  /** The secrets that the last search looked for, and whether the body shows one of them. */
  exposed?: { secrets: readonly string[]; shown: boolean };
}

/**
 * Why a request has no usable response. `unresolved` (the name of the host has no address), `refused` and
 * `certificate`: nothing was sent. `reset`: the connection broke.
 * `timeout`: no complete response. `aborted`: the run was stopped. `oversized`, `garbled`: the body is unusable.
 */
export type Failure =
  | 'unresolved'
  | 'refused'
  | 'certificate'
  | 'reset'
  | 'timeout'
  | 'aborted'
  | 'oversized'
  | 'garbled';

export interface Reply {
  status?: number;
  failure?: Failure;
  /** What is wrong with the server's certificate, as a text. */
  distrusted?: string;
  /** Status line and headers in one text, as the server sent them, if known. Searching one text is fast. */
  head?: string;
  /** The response headers. Key: the name in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
  /** Results of searches in the body, shared by responses with equal bodies. Absent if not shared. */
  facts?: BodyFacts;
  /** The target of a redirect, without its query: a path, or origin and path if the host differs. */
  redirect?: string;
  /** Path and query of a redirect that the client follows, never to another host or scheme. */
  leads?: string;
  /** The cookies that the response changed. A cookie without a value was deleted. */
  cookies: { name: string; value?: string; attributes?: CookieAttributes }[];
  sent?: readonly { name: string; value: string }[];
  /** Names of cookies that a browser withholds because of SameSite. */
  withheld?: readonly string[];
  /** True if the client sent the request twice, because the server closed the connection during the first attempt. */
  resent?: true;
  /** True if the server sent 304. The client then shows the page that it has kept. */
  unchanged?: true;
}

/** Returns a short text of a response for reports, such as `303 to /login`. */
export function noteOf({ status, failure, distrusted, redirect, unchanged }: Reply): string {
  if (unchanged) return '304, so the browser shows the page that it has kept';
  if (distrusted !== undefined) return `certificate: ${distrusted}`;
  if (status === undefined) return failure ?? 'no answer';
  return redirect === undefined ? String(status) : `${status} to ${redirect}`;
}
