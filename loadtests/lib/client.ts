/** One request by k6 → a reply as the core reads it. */
import http, { type RefinedResponse } from 'k6/http';
import type { Reply } from '../../verify/core/interpret.ts';
import type { Failure } from '../../verify/core/outcome.ts';

export interface Send {
  method: 'GET' | 'POST';
  path: string;
  form?: Record<string, string>;
  headers: Record<string, string>;
}

/** A request that takes longer got no answer. */
const TIMEOUT = '10s';

/**
 * Sends one request with the jar of this virtual user and follows no redirect: the redirect is the finding.
 * Never throws for what the network does.
 */
export function send(url: string, { method, path, form, headers }: Send): Reply {
  const response = http.request(method, url + path, form ?? null, {
    headers,
    redirects: 0,
    timeout: TIMEOUT,
    tags: { name: path },
  });
  return replyOf(response, url);
}

/** A session that begins anew begins as a stranger. */
export const forgetCookies = (url: string): void => http.cookieJar().clear(`${url}/`);

function replyOf(response: RefinedResponse<'text'>, url: string): Reply {
  if (response.status === 0) {
    return { failure: failureOf(response.error_code), headers: {}, body: '', cookies: [] };
  }
  const headers: Record<string, string> = {};
  // Once: each look at response.headers crosses from JavaScript to Go.
  for (const [name, value] of Object.entries(response.headers)) headers[name.toLowerCase()] = value;
  const reply: Reply = {
    status: response.status,
    headers,
    body: response.body ?? '',
    cookies: cookiesOf(response),
  };
  const location = response.status >= 300 && response.status < 400 ? headers['location'] : undefined;
  if (location !== undefined) reply.redirect = pathOf(location, url);
  return reply;
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

function cookiesOf(response: RefinedResponse<'text'>): Reply['cookies'] {
  const all = Object.values(response.cookies as unknown as Record<string, Cookie[]>).flat();
  return all.map(({ name, value, max_age, expires }) => {
    const gone = max_age < 0 || (max_age === 0 && expires >= 0 && expires <= Date.now());
    return gone ? { name } : { name, value };
  });
}

/** Path of a redirect on the same host, without its query; another host's with its origin. k6 has no URL. */
function pathOf(location: string, url: string): string {
  const plain = location.split(/[?#]/)[0] ?? '';
  if (plain.startsWith('/') && !plain.startsWith('//')) return plain;
  if (plain === url) return '/';
  return plain.startsWith(`${url}/`) ? plain.slice(url.length) : plain;
}
