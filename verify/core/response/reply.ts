/** Defines a response in the form that the core interprets, whether Node or k6 received it. */
import type { CookieAttributes } from '../history/history.ts';
import type { Failure } from './outcome.ts';

/** What was found in a body. Equal bodies of one page may share this object, so that such a body is searched once. */
export interface BodyFacts {
  /** By search: the first value that the search found; null if it found none. */
  readonly firsts: Map<object, string | null>;
  canaries?: readonly string[];
  busy?: boolean;
  /** True if the body has a password field. */
  password?: boolean;
  /** Whether the body shows one of these secrets. */
  exposed?: { secrets: readonly string[]; shown: boolean };
}

/** A response, or the reason why there is none. */
export interface Reply {
  status?: number;
  failure?: Failure;
  /** What is wrong with the server's certificate. Absent if the request did not fail because of the certificate. */
  distrusted?: string;
  /** The headers, by name in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
  /** Absent if no other response shares the facts about the body. */
  facts?: BodyFacts;
  /** Path of the redirect's target on the same host, without query; absent when there is no redirect. */
  redirect?: string;
  /**
   * The redirect's address with its query. Absent if the redirect leads to another host or scheme, because it is then
   * not followed.
   */
  leads?: string;
  /** Cookies that the response changed; a cookie without a value is deleted. */
  cookies: { name: string; value?: string; attributes?: CookieAttributes }[];
  /** Cookies that the request carried. */
  sent?: readonly { name: string; value: string }[];
  /** Names of cookies that a browser withholds because of SameSite: the request came from a page of another site. */
  withheld?: readonly string[];
  /** The request was sent twice, because the first connection was closed at that moment. */
  resent?: true;
}
