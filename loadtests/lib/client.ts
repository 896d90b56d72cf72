/** One request by k6 → a reply as the core reads it. */
import http, { type CookieJar, type RefinedParams, type RefinedResponse } from 'k6/http';
import type { Reply } from '../../verify/core/interpret.ts';
import type { Failure } from '../../verify/core/outcome.ts';
import { barePath } from '../../verify/core/paths.ts';

export type Response = RefinedResponse<'text'>;
export type Params = RefinedParams<'text'>;
/** A form, or a body as it is. */
export type Body = Record<string, string> | string | null;

/** A request that takes longer got no answer. */
const TIMEOUT = '10s';

/**
 * The parameters of a client's requests: its jar, and no redirect followed, since the redirect is the finding. One
 * object for all of them: k6 reads it during the request, and to make one takes as long as to judge the answer.
 */
export function paramsOf(jar?: CookieJar): Params & { headers: Record<string, string>; jar?: CookieJar } {
  return { headers: {}, redirects: 0, timeout: TIMEOUT, ...(jar === undefined ? {} : { jar }) };
}

/** As k6 writes the name of a header: x-instance-id → X-Instance-Id */
const canonical = (name: string): string =>
  name.toLowerCase().replace(/(^|-)[a-z]/g, start => start.toUpperCase());

export interface Looked {
  url: string;
  /** Response headers that say something, beside those that every app has. */
  headers: readonly string[];
  /** Names of the cookies that carry the session. */
  cookies: readonly string[];
  /** What every canary of the run begins with. */
  canary: string;
}

/** Turns responses into replies, of one target. */
export class Replies {
  readonly #url: string;
  /** As k6 writes them, and in lower case. */
  readonly #headers: readonly { sent: string; name: string }[];
  /** What a Set-Cookie that matters has in it. */
  readonly #cookies: readonly string[];
  /** Where the last redirect led: mostly the next one leads there too. */
  #location = '';
  #redirect = '';

  constructor({ url, headers, cookies, canary }: Looked) {
    this.#url = url;
    this.#headers = headers.map(name => ({ sent: canonical(name), name: name.toLowerCase() }));
    this.#cookies = [...cookies.map(name => `${name}=`), canary];
  }

  /**
   * Of the headers only those that are looked at: each look crosses from JavaScript to Go, and to go through all of
   * them takes k6 ten times as long as to get one.
   */
  of(response: Response): Reply {
    const { status } = response;
    if (status === 0) {
      return { failure: failureOf(response.error_code), headers: {}, body: '', cookies: [] };
    }
    const sent = response.headers;
    const headers: Record<string, string> = {};
    for (let i = 0; i < this.#headers.length; i++) {
      const header = this.#headers[i] as { sent: string; name: string };
      const value = sent[header.sent];
      if (value !== undefined) headers[header.name] = value;
    }
    const setCookie = this.#cookiesIn(sent['Set-Cookie']);
    if (setCookie !== undefined) headers['set-cookie'] = setCookie;
    const reply: Reply = {
      status,
      headers,
      body: response.body ?? '',
      cookies: setCookie === undefined ? NO_COOKIES : cookiesOf(response),
    };
    const location = status >= 300 && status < 400 ? sent['Location'] : undefined;
    if (location !== undefined) {
      headers['location'] = location;
      if (location !== this.#location) this.#redirect = pathOf(location, this.#url);
      this.#location = location;
      reply.redirect = this.#redirect;
    }
    return reply;
  }

  /** Many apps set a cookie with each response, such as that of a form token, which nobody looks at. */
  #cookiesIn(header: string | undefined): string | undefined {
    if (header === undefined) return undefined;
    for (let i = 0; i < this.#cookies.length; i++) {
      if (header.includes(this.#cookies[i] as string)) return header;
    }
    return undefined;
  }
}

const NO_COOKIES: Reply['cookies'] = [];

/** @returns all of a response, for what is looked for in few of them */
export function wholeOf(response: Response): Pick<Reply, 'headers' | 'body' | 'cookies'> {
  const headers = Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return { headers: Object.fromEntries(headers), body: response.body ?? '', cookies: cookiesOf(response) };
}

/** @param code k6's, as in its list of error codes */
function failureOf(code: number): Failure {
  if (code === 1050) return 'timeout';
  // No name, no connection, no TLS: nothing was sent.
  const unsent =
    (code >= 1100 && code < 1200) || (code >= 1210 && code < 1220) || (code >= 1300 && code < 1400);
  return unsent ? 'refused' : 'reset';
}

/** As k6 names them; @types/k6 has other names. */
interface Cookie {
  name: string;
  value: string;
  /** Seconds; 0 when the response has none, below 0 when it says 0. */
  max_age: number;
  /** Milliseconds since 1970; far below 0 when the response has none. */
  expires: number;
}

function cookiesOf(response: Response): Reply['cookies'] {
  const all = Object.values(response.cookies as unknown as Record<string, Cookie[]>).flat();
  return all.map(({ name, value, max_age, expires }) => {
    const gone = max_age < 0 || (max_age === 0 && expires >= 0 && expires <= Date.now());
    return gone ? { name } : { name, value };
  });
}

/** Path of a redirect on the same host, without its query; another host's with its origin. k6 has no URL. */
function pathOf(location: string, url: string): string {
  const plain = barePath(location);
  if (plain.startsWith('/') && !plain.startsWith('//')) return plain;
  if (plain === url) return '/';
  return plain.startsWith(`${url}/`) ? plain.slice(url.length) : plain;
}

/** A jar that nothing replaces: k6 makes a new one of its own for each iteration. */
export const newJar = (): CookieJar => new http.CookieJar();
