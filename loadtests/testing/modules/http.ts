/** The module `k6/http` of the fake k6. Does not follow redirects. */
import { Cookie, CookieJar, MemoryCookieStore } from 'tough-cookie';
import { report, script, sendRequest } from '../thread.ts';

interface Params {
  headers?: Record<string, string>;
  redirects?: number;
  tags?: Record<string, string>;
  jar?: Jar;
  responseCallback?: Expected;
}

/** k6 does not publish the type of the value that `http.expectedStatuses` returns. */
type Expected = readonly (number | { min: number; max: number })[];

const SUCCESS: Expected = [{ min: 200, max: 399 }];

const isExpected = (status: number, expected: Expected): boolean =>
  expected.some(one => (typeof one === 'number' ? one === status : status >= one.min && status <= one.max));

/** `http.CookieJar` of the fake k6. */
class Jar {
  readonly cookies = new CookieJar(new MemoryCookieStore(), { rejectPublicSuffixes: false, looseMode: true });

  set(url: string, name: string, value: string): void {
    this.cookies.setCookieSync(`${name}=${value}; Path=/`, url, { ignoreError: true });
  }

  clear(url: string): void {
    const { store } = this.cookies;
    for (const { domain, path, key } of this.cookies.getCookiesSync(url)) {
      if (domain !== null && path !== null) store.removeCookie(domain, path, key, () => {});
    }
  }

  cookiesForURL(url: string): Record<string, string[]> {
    return Object.fromEntries(this.cookies.getCookiesSync(url).map(cookie => [cookie.key, [cookie.value]]));
  }
}

let own = new Jar();

/** As k6 does, replaces the cookie jar at each iteration unless `noCookiesReset` is set. */
export function beginIteration(): void {
  if (script.options.noCookiesReset !== true) own = new Jar();
}

/** k6's `expires` of a cookie without Expires, milliseconds since 1970. */
const NO_EXPIRES = -6_795_364_578_871;

function cookieOf(line: string) {
  const cookie = Cookie.parse(line, { loose: true });
  if (cookie === undefined) return undefined;
  const { key: name, value, domain, path, httpOnly, secure, maxAge, expires } = cookie;
  const seconds = typeof maxAge === 'number' ? maxAge : 0;
  return {
    name,
    value,
    domain: domain ?? '',
    path: path ?? '',
    http_only: httpOnly,
    secure,
    max_age: typeof maxAge === 'number' && seconds <= 0 ? -1 : seconds,
    expires: expires instanceof Date ? expires.getTime() : NO_EXPIRES,
  };
}

function request(
  method: string,
  url: string,
  body: Record<string, string> | string | null = null,
  params: Params = {},
) {
  const jar = (params.jar ?? own).cookies;
  const headers: Record<string, string> = { ...params.headers };
  const cookie = jar.getCookieStringSync(url);
  if (cookie !== '') headers['cookie'] = cookie;
  if (body !== null && typeof body !== 'string')
    headers['content-type'] = 'application/x-www-form-urlencoded';
  const encoded = body === null || typeof body === 'string' ? body : new URLSearchParams(body).toString();
  const response = sendRequest({ type: 'request', method, url, headers, body: encoded });
  if (
    response.status >= 300 &&
    response.status < 400 &&
    (params.redirects ?? script.options.maxRedirects) !== 0
  ) {
    throw new Error(`the fake k6 follows no redirects: give ${method} ${url} the parameter "redirects: 0"`);
  }
  const tags = params.tags ?? {};
  report({ type: 'sample', metric: 'http_reqs', kind: 'counter', value: 1, tags });
  const failed = Number(!isExpected(response.status, params.responseCallback ?? SUCCESS));
  report({ type: 'sample', metric: 'http_req_failed', kind: 'rate', value: failed, tags });
  report({ type: 'sample', metric: 'http_req_duration', kind: 'trend', value: response.duration, tags });
  const setCookies = response.headers.filter(([name]) => name === 'Set-Cookie').map(([, line]) => line);
  for (const line of setCookies) jar.setCookieSync(line, url, { ignoreError: true });
  const parsed = setCookies.map(cookieOf).filter(one => one !== undefined);
  return {
    url,
    status: response.status,
    error_code: response.errorCode,
    headers: joined(response.headers),
    body: response.status === 0 ? null : response.body,
    cookies: Object.fromEntries(
      parsed.map(one => [one.name, parsed.filter(({ name }) => name === one.name)]),
    ),
    timings: { duration: response.duration },
  };
}

function joined(headers: readonly [string, string][]): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of headers) all[name] = name in all ? `${all[name]}, ${value}` : value;
  return all;
}

interface Batched {
  method: string;
  url: string;
  body: Record<string, string> | string | null;
  params: Params;
}

export default {
  request,
  get: (url: string, params?: Params) => request('GET', url, null, params),
  post: (url: string, body: Record<string, string> | string, params?: Params) =>
    request('POST', url, body, params),
  /** Sends the requests one after the other, but real k6 sends them at the same time. */
  batch: (requests: Batched[]) =>
    requests.map(({ method, url, body, params }) => request(method, url, body, params)),
  expectedStatuses: (...statuses: Expected[number][]): Expected => statuses,
  cookieJar: () => own,
  CookieJar: Jar,
};
