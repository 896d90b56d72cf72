/** Defines a response in the form that the core interprets, whether Node or k6 received it. */
import type { CookieAttributes } from '../history/history.ts';
import type { Failure } from './outcome.ts';

/** What was found in a body. Responses with equal bodies may share this object, so each body is searched only once. */
export interface BodyFacts {
  /** By finder: the first value that it found in the body; null if it found none. */
  readonly firsts: Map<object, string | null>;
  canaries?: readonly string[];
  busy?: boolean;
  /** True if the body has a password field. */
  password?: boolean;
  /** The last search for secrets in the body: which were searched, and whether the body shows one of them. */
  exposed?: { secrets: readonly string[]; shown: boolean };
}

/** A response, or the reason why there is none. */
export interface Reply {
  status?: number;
  failure?: Failure;
  /** What is wrong with the server's certificate, if the request failed because of it. */
  distrusted?: string;
  /** The headers, by name in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
  /** What was found in the body. Absent if it is not shared with other responses. */
  facts?: BodyFacts;
  /**
   * The target of a redirect without its query: a path, or origin and path if the host differs. Absent
   * without redirect.
   */
  redirect?: string;
  /** Path and query of a redirect, if the client follows it. It does not follow one to another host or scheme. */
  leads?: string;
  /** Cookies that the response changed. A cookie without a value was deleted. */
  cookies: { name: string; value?: string; attributes?: CookieAttributes }[];
  /** Cookies that the request carried. */
  sent?: readonly { name: string; value: string }[];
  /**
   * Names of cookies that a browser would not send: a page of another site made the request, and SameSite forbids them.
   */
  withheld?: readonly string[];
  /** The client sent the request twice, because the server closed the connection during the first attempt. */
  resent?: true;
}
