/** Converts the responses of k6 to `Reply`, the response type of the core. */
import http, { type CookieJar, type RefinedParams, type RefinedResponse } from 'k6/http';
import type { Failure } from '../../verify/core/response/outcome.ts';
import { barePath } from '../../verify/core/response/paths.ts';
import type { Reply } from '../../verify/core/response/reply.ts';

export type Response = RefinedResponse<'text'>;
export type Params = RefinedParams<'text'>;
/** The fields of a form to encode, or text that is sent as it is. */
export type Body = Record<string, string> | string | null;

/** The timeout of a request. A request that takes longer counts as a request without a response. */
const TIMEOUT = '10s';

/**
 * Returns the parameters of a client's requests. k6 must not follow redirects, since the judge must see each of them.
 * All requests share one object, because creating an object takes as long as judging a response. k6 reads the object
 * only during the request.
 */
export function paramsOf(jar?: CookieJar): Params & { headers: Record<string, string>; jar?: CookieJar } {
  return { headers: {}, redirects: 0, timeout: TIMEOUT, ...(jar === undefined ? {} : { jar }) };
}

/**
 * Statuses that k6 must not count as failed, because the app must refuse a request after a logout, and may have no
 * login page.
 */
export const REFUSABLE: ReturnType<typeof http.expectedStatuses> = http.expectedStatuses({
  min: 200,
  max: 499,
});

/** Returns the name of a header as k6 writes it: x-instance-id → X-Instance-Id. */
const canonical = (name: string): string =>
  name.toLowerCase().replace(/(^|-)[a-z]/g, start => start.toUpperCase());

export interface ReplySettings {
  url: string;
  /** Names of response headers to read, in addition to those that every app has. */
  headers: readonly string[];
  /** Names of the cookies that carry the session. */
  cookies: readonly string[];
  /** The prefix of the canaries: the values that the run writes, by which Baton recognises its own data. */
  canary: string;
}

/** Converts the responses of one target to replies. */
export class Replies {
  readonly #url: string;
  /** `name`: the header's name in lower case; `sent`: the same name as k6 writes it. */
  readonly #headers: readonly { sent: string; name: string }[];
  /**
   * A Set-Cookie header is relevant if it contains one of these texts: the names of session cookies, and the
   * prefix of the canaries.
   */
  readonly #cookies: readonly string[];
  /** Location of the last redirect, cached because the next redirect usually has the same Location. */
  #location = '';
  #redirect = '';

  constructor({ url, headers, cookies, canary }: ReplySettings) {
    this.#url = url;
    this.#headers = headers.map(name => ({ sent: canonical(name), name: name.toLowerCase() }));
    this.#cookies = [...cookies.map(name => `${name}=`), canary];
  }

  /**
   * Returns the reply, with the relevant headers only. Each access to a header crosses from JavaScript to Go. A loop
   * over all headers takes ten times as long as one access.
   */
  of(response: Response): Reply {
    const { status } = response;
    if (status === 0) return { failure: failureOf(response.error_code), headers: {}, body: '', cookies: [] };
    const sent = response.headers;
    const headers: Record<string, string> = {};
    for (let i = 0; i < this.#headers.length; i++) {
      const header = this.#headers[i] as { sent: string; name: string };
      const value = sent[header.sent];
      if (value !== undefined) headers[header.name] = value;
    }
    const setCookie = this.#cookiesIn(sent['Set-Cookie']);
    if (setCookie !== undefined) headers['set-cookie'] = setCookie;
    const cookies = setCookie === undefined ? NO_COOKIES : cookiesOf(response);
    const reply: Reply = { status, headers, body: response.body ?? '', cookies };
    const location = status >= 300 && status < 400 ? sent['Location'] : undefined;
    if (location !== undefined) {
      headers['location'] = location;
      if (location !== this.#location) this.#redirect = pathOf(location, this.#url);
      this.#location = location;
      reply.redirect = this.#redirect;
    }
    return reply;
  }

  /** Returns the Set-Cookie header if it is relevant. Many apps also set other cookies, such as form tokens. */
  #cookiesIn(header: string | undefined): string | undefined {
    if (header === undefined) return undefined;
    for (let i = 0; i < this.#cookies.length; i++) {
      if (header.includes(this.#cookies[i] as string)) return header;
    }
    return undefined;
  }
}

const NO_COOKIES: Reply['cookies'] = [];

/** Returns all headers and cookies of a response. Slow: only for the few responses that need them. */
export function wholeOf(response: Response): Pick<Reply, 'headers' | 'body' | 'cookies'> {
  const headers = Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return { headers: Object.fromEntries(headers), body: response.body ?? '', cookies: cookiesOf(response) };
}

/** Returns the kind of failure. @param code an error code of k6 */
function failureOf(code: number): Failure {
  if (code === 1050) return 'timeout';
  // If DNS, the connection or TLS failed, the request was not sent.
  const unsent =
    (code >= 1100 && code < 1200) || (code >= 1210 && code < 1220) || (code >= 1300 && code < 1400);
  return unsent ? 'refused' : 'reset';
}

/** A cookie with the field names that k6 uses. @types/k6 declares different names. */
interface Cookie {
  name: string;
  value: string;
  /** Max-Age, seconds; 0 if the response has no Max-Age, below 0 if its Max-Age is 0. */
  max_age: number;
  /** Expires, milliseconds since 1970; far below 0 if the response has no Expires. */
  expires: number;
}

function cookiesOf(response: Response): Reply['cookies'] {
  const all = Object.values(response.cookies as unknown as Record<string, Cookie[]>).flat();
  return all.map(({ name, value, max_age, expires }) => {
    const gone = max_age < 0 || (max_age === 0 && expires >= 0 && expires <= Date.now());
    return gone ? { name } : { name, value };
  });
}

/**
 * Returns the path of a redirect without its query. Adds the origin if the redirect leads to another host. Does not
 * use `URL`, which k6 lacks.
 */
function pathOf(location: string, url: string): string {
  const plain = barePath(location);
  if (plain.startsWith('/') && !plain.startsWith('//')) return plain;
  if (plain === url) return '/';
  return plain.startsWith(`${url}/`) ? plain.slice(url.length) : plain;
}
