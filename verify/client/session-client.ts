/** One cookie jar that drives one session: sends requests as a browser would, and follows no redirect. */
import type { IncomingHttpHeaders } from 'node:http';
import { CookieJar, MemoryCookieStore } from 'tough-cookie';
import type { Dispatcher } from 'undici';
import type { Reply } from '../core/interpret.ts';
import type { Failure } from '../core/outcome.ts';

export interface Send {
  method: string;
  /** Path on the target, with its query. */
  path: string;
  /** Sent as application/x-www-form-urlencoded. */
  form?: Record<string, string>;
  headers?: Record<string, string>;
}

export class SessionClient {
  readonly #dispatcher: Dispatcher;
  readonly #url: string;
  readonly #timeout: number;
  #jar = new CookieJar(new MemoryCookieStore(), {
    rejectPublicSuffixes: false,
    looseMode: true,
  });
  /** The Cookie header by path, until a response changes a cookie: asking the jar each time is slow. */
  readonly #cookieHeaders = new Map<string, string>();
  /** The form token that the last page carried. */
  csrf = '';

  /**
   * @param dispatcher connections, shared by many clients
   * @param url base address of the target
   * @param timeout for one request, milliseconds
   */
  constructor(dispatcher: Dispatcher, url: string, timeout: number) {
    this.#dispatcher = dispatcher;
    this.#url = url.replace(/\/$/, '');
    this.#timeout = timeout;
  }

  /** Sends one request and waits for the whole answer. Never throws: what went wrong is in the reply. */
  async send(request: Send, signal?: AbortSignal): Promise<Reply> {
    const url = new URL(this.#url + request.path);
    const headers: Record<string, string> = { ...request.headers };
    const cookie = this.#cookieHeader(url);
    if (cookie !== '') headers['cookie'] = cookie;
    let body: string | null = null;
    if (request.form !== undefined && request.method !== 'GET') {
      headers['content-type'] = 'application/x-www-form-urlencoded';
      body = new URLSearchParams(request.form).toString();
    }
    try {
      const response = await this.#dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method as Dispatcher.HttpMethod,
        headers,
        body,
        headersTimeout: this.#timeout,
        bodyTimeout: this.#timeout,
        signal: signal ?? null,
      });
      return this.#reply(url, response.statusCode, response.headers, await response.body.text());
    } catch (error) {
      return { failure: failureOf(error), headers: {}, body: '', cookies: [] };
    }
  }

  #reply(url: URL, status: number, headers: IncomingHttpHeaders, body: string): Reply {
    const cookies = [headers['set-cookie'] ?? []].flat().map(line => this.#keep(line, url));
    const location = status >= 300 && status < 400 ? headers.location : undefined;
    const reply: Reply = {
      status,
      headers,
      body,
      cookies: cookies.filter(c => c !== undefined),
    };
    if (location !== undefined) reply.redirect = pathOf(location, url);
    return reply;
  }

  /** Takes a Set-Cookie line into the jar. */
  #keep(line: string, url: URL): { name: string; value?: string } | undefined {
    const cookie = this.#jar.setCookieSync(line, url.href, {
      ignoreError: true,
    });
    this.#cookieHeaders.clear();
    if (cookie === undefined) return undefined;
    return cookie.TTL() <= 0 ? { name: cookie.key } : { name: cookie.key, value: cookie.value };
  }

  #cookieHeader(url: URL): string {
    let header = this.#cookieHeaders.get(url.pathname);
    if (header === undefined) {
      header = this.#jar.getCookieStringSync(url.href);
      if (this.#cookieHeaders.size > 100) this.#cookieHeaders.clear();
      this.#cookieHeaders.set(url.pathname, header);
    }
    return header;
  }

  /** @returns the names of the cookies that it would send to a path */
  cookieNames(path: string): string[] {
    return this.#jar.getCookiesSync(this.#url + path).map(cookie => cookie.key);
  }

  /** @returns a client with a copy of this one's jar as it is now, without the named cookies */
  copy(without: readonly string[] = []): SessionClient {
    const copy = new SessionClient(this.#dispatcher, this.#url, this.#timeout);
    copy.#jar = this.#jar.cloneSync() ?? copy.#jar;
    for (const name of without) {
      for (const cookie of copy.#jar.getCookiesSync(this.#url, {
        allPaths: true,
      })) {
        if (cookie.key !== name || cookie.domain === null || cookie.path === null) continue;
        copy.#jar.store.removeCookie(cookie.domain, cookie.path, name, () => {});
      }
    }
    copy.csrf = this.csrf;
    return copy;
  }
}

function pathOf(location: string, base: URL): string {
  try {
    const url = new URL(location, base);
    return url.host === base.host ? url.pathname : url.origin + url.pathname;
  } catch {
    return location.split('?')[0] as string;
  }
}

function failureOf(error: unknown): Failure {
  const { name, code } = error as { name?: string; code?: string };
  if (name === 'AbortError') return 'aborted';
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'refused';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return 'refused';
  return code?.includes('TIMEOUT') ? 'timeout' : 'reset';
}
