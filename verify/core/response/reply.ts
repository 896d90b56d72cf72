/** Defines a response in the form that the core interprets, whether Node or k6 received it. */
import type { CookieAttributes } from '../history/history.ts';
import type { Failure } from './outcome.ts';

/** What was found in a body. Responses with equal bodies may share this object, so that the body is searched once. */
export interface BodyFacts {
  /** By finder: the first value that it found; null if it found none. */
  readonly firsts: Map<object, string | null>;
  canaries?: readonly string[];
  busy?: boolean;
  /** True if the body has a password field. */
  password?: boolean;
  /** The result of the last search for secrets: whether the body shows one of them. */
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
  /** What was found in the body, shared with responses that have the same body; absent if nothing is shared. */
  facts?: BodyFacts;
  /** Where a redirect leads, without query: a path, or origin and path for another host; absent if there is none. */
  redirect?: string;
  /** Path and query of a redirect that is followed. Absent for another host or scheme: these are not followed. */
  leads?: string;
  /** Cookies that the response changed; a cookie without a value is deleted. */
  cookies: { name: string; value?: string; attributes?: CookieAttributes }[];
  /** Cookies that the request carried. */
  sent?: readonly { name: string; value: string }[];
  /** Names of cookies that a browser would not send, because of SameSite: a page of another site made the request. */
  withheld?: readonly string[];
  /** The client sent the request twice, because the server closed the connection during the first attempt. */
  resent?: true;
}
