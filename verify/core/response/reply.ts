/** Defines a response as the core interprets it, however it was received. */
import type { CookieAttributes } from '../history/history.ts';
import type { Failure } from './outcome.ts';

/** What was found in a body. Equal bodies of one page may share it, so that such a body is searched once. */
export interface BodyFacts {
  /** The first values, by the search that found them; null if a search found none. */
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
  /** The redirect's address with its query. Absent if it leaves the target or its scheme: it is not followed. */
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
