/** Converts k6's responses to `Reply`, the type of a response in Baton's judge. */
import http, { type CookieJar, type RefinedParams, type RefinedResponse } from 'k6/http';
import { barePath } from '../../verify/core/response/paths.ts';
import type { Failure, Reply } from '../../verify/core/response/reply.ts';

export type Response = RefinedResponse<'text'>;
export type Params = RefinedParams<'text'>;
/** Body of a request: fields of a form, which k6 encodes, or a text, which k6 sends unchanged. */
export type Body = Record<string, string> | string | null;

/**
 * Returns k6's parameters for a request. Turns off redirects, because Baton's judge must see each redirect.
 * @param jar cookie jar; by default k6's own
 */
export function paramsOf(jar?: CookieJar): Params & { headers: Record<string, string>; jar?: CookieJar } {
  return { headers: {}, redirects: 0, timeout: '10s', ...(jar === undefined ? {} : { jar }) };
}

/** Statuses that k6 does not count as failed. Includes 4xx, because the app must refuse requests after a logout. */
export const REFUSABLE: ReturnType<typeof http.expectedStatuses> = http.expectedStatuses({
  min: 200,
  max: 499,
});

/** Returns a header's name as k6 writes it: x-instance-id → X-Instance-Id. */
const canonical = (name: string): string =>
  name.toLowerCase().replace(/(^|-)[a-z]/g, start => start.toUpperCase());

export interface ReplySettings {
  url: string;
  headers: readonly string[];
  /** Names of the cookies that carry the session. */
  cookies: readonly string[];
  /** Prefix of canaries: unique values by which Baton recognises its own data in responses. */
  canary: string;
}

/** Converts the responses of one app from k6's format to Baton's format. */
export class Replies {
  readonly #url: string;
  readonly #headers: readonly { sent: string; name: string }[];
  /** Names of session cookies, and the prefix of canaries. */
  readonly #cookies: readonly string[];

  constructor({ url, headers, cookies, canary }: ReplySettings) {
    this.#url = url;
    this.#headers = headers.map(name => ({ sent: canonical(name), name: name.toLowerCase() }));
    this.#cookies = [...cookies.map(name => `${name}=`), canary];
  }

  /** Reads each header by name. A loop over all headers takes ten times as long in k6, because each access calls Go. */
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
    const setCookie = sent['Set-Cookie'];
    let cookies = NO_COOKIES;
    if (setCookie !== undefined && this.#cookies.some(part => setCookie.includes(part))) {
      headers['set-cookie'] = setCookie;
      cookies = cookiesOf(response);
    }
    const reply: Reply = { status, headers, body: response.body ?? '', cookies };
    const location = status >= 300 && status < 400 ? sent['Location'] : undefined;
    if (location !== undefined) {
      headers['location'] = location;
      reply.redirect = pathOf(location, this.#url);
    }
    return reply;
  }
}

const NO_COOKIES: Reply['cookies'] = [];

/** Returns all headers and cookies of a response. Slow in k6: call this for few responses only. */
export function wholeOf(response: Response): Pick<Reply, 'headers' | 'body' | 'cookies'> {
  const headers = Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return { headers: Object.fromEntries(headers), body: response.body ?? '', cookies: cookiesOf(response) };
}

function failureOf(code: number): Failure {
  if (code === 1050) return 'timeout';
  // The request was not sent, because DNS, the connection or TLS failed.
  const unsent =
    (code >= 1100 && code < 1200) || (code >= 1210 && code < 1220) || (code >= 1300 && code < 1400);
  return unsent ? 'refused' : 'reset';
}

/** k6's field names of a cookie differ from those in @types/k6. */
interface Cookie {
  name: string;
  value: string;
  /** Seconds; 0 if the response has no Max-Age, below 0 if its Max-Age is 0. */
  max_age: number;
  /** Milliseconds since 1970; far below 0 if the response has no Expires. */
  expires: number;
}

function cookiesOf(response: Response): Reply['cookies'] {
  const all = Object.values(response.cookies as unknown as Record<string, Cookie[]>).flat();
  return all.map(({ name, value, max_age, expires }) => {
    const gone = max_age < 0 || (max_age === 0 && expires >= 0 && expires <= Date.now());
    return gone ? { name } : { name, value };
  });
}

/** Returns a redirect's path without its query, and with its origin if the host changes. k6 lacks `URL`. */
function pathOf(location: string, url: string): string {
  const plain = barePath(location);
  if (plain.startsWith('/') && !plain.startsWith('//')) return plain;
  if (plain === url) return '/';
  return plain.startsWith(`${url}/`) ? plain.slice(url.length) : plain;
}
