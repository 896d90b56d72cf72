/** Defines a response as the core interprets it, whether Node or k6 received it. */
import type { CookieAttributes } from '../history/history.ts';
import type { Failure } from './outcome.ts';

/** One page of a list. */
export interface ListPage {
  /** The values without their padding. Do not change this list, because it is shared. */
  values: string[];
  /** The address of the next page, as written in the page. */
  next?: string;
  /** True if the list may continue although the page has no address of a next page. */
  cut: boolean;
}

/** What was found in a body. Responses with equal bodies may share it, so that each body is searched only once. */
export interface BodyFacts {
  /** By finder: the first value in the body, or null. */
  readonly firsts: Map<object, string | null>;
  canaries?: readonly string[];
  /** The last page of a list that was read from the body: by which reader, and for which path. */
  list?: { reader: object; path: string; page: ListPage };
  busy?: boolean;
  /** True if the body has a password field. */
  password?: boolean;
  /** The last search for secrets in the body, and whether it shows one of them. */
  exposed?: { secrets: readonly string[]; shown: boolean };
}

/** A response, or the reason why there is none. */
export interface Reply {
  status?: number;
  failure?: Failure;
  /** What is wrong with the server's certificate. */
  distrusted?: string;
  /** The headers, by name in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
  /** Absent if it is not shared with other responses. */
  facts?: BodyFacts;
  /** The target of a redirect without its query: a path, or origin and path if the host differs. */
  redirect?: string;
  /** Path and query of a redirect that the client follows: never to another host or scheme. */
  leads?: string;
  /** The cookies that the response changed. Without a value, it deleted the cookie. */
  cookies: { name: string; value?: string; attributes?: CookieAttributes }[];
  /** The cookies that the request carried. */
  sent?: readonly { name: string; value: string }[];
  /** Cookies that SameSite forbids a browser to send, because a page of another site made the request. */
  withheld?: readonly string[];
  /** The client sent the request twice: the server closed the connection during the first attempt. */
  resent?: true;
}
