/** One cookie jar that drives one session: sends requests as a browser would, and follows no redirect. */
import type { IncomingHttpHeaders } from 'node:http';
import { Cookie, CookieJar, MemoryCookieStore } from 'tough-cookie';
import type { Dispatcher } from 'undici';
import type { Reply } from '../core/interpret.ts';
import type { Affinity } from './affinity.ts';
import type { Held } from './barrier.ts';
import { attributesOf, MOST_BYTES } from './cookie-attributes.ts';
import { exchange, failureOf, type Outgoing } from './exchange.ts';
import { heldRequest } from './held-request.ts';

export interface Send {
  method: string;
  /** Path on the target, with its query. */
  path: string;
  /** Sent as application/x-www-form-urlencoded. */
  form?: Record<string, string>;
  headers?: Record<string, string>;
  /** Address of one instance; absent: the target's own, through the balancer. */
  origin?: string | undefined;
  /** Cookies beside the jar's, as a balancer reads them, and in their place. */
  cookies?: Record<string, string> | undefined;
  /** The last byte waits. */
  held?: Held | undefined;
  /** A redirect counts as answered at its head, as a browser acts on it; its body is read behind the scenes. */
  early?: boolean | undefined;
}

/** What goes to a path. */
interface Cookies {
  list: { name: string; value: string }[];
  header: string;
  /** When the first of them expires, milliseconds since the epoch. */
  until: number;
}

export class SessionClient {
  readonly #dispatcher: Dispatcher;
  readonly #url: string;
  readonly #timeout: number;
  readonly #affinity: Affinity | undefined;
  #broken = false;
  #jar = new CookieJar(new MemoryCookieStore(), {
    rejectPublicSuffixes: false,
    looseMode: true,
  });
  /** By path, until a response changes a cookie or one expires: asking the jar each time is slow. */
  readonly #known = new Map<string, Cookies>();
  /** The form token that the last page carried. */
  csrf = '';

  /**
   * @param dispatcher connections, shared by many clients
   * @param url base address of the target
   * @param timeout for one request, milliseconds
   * @param affinity what becomes of a sticky balancer's cookie; absent: it is one as any other
   */
  constructor(dispatcher: Dispatcher, url: string, timeout: number, affinity?: Affinity) {
    this.#affinity = affinity;
    this.#dispatcher = dispatcher;
    this.#url = url.replace(/\/$/, '');
    this.#timeout = timeout;
  }

  /** Sends one request and waits for the answer. Never throws: what went wrong is in the reply. */
  async send(request: Send, signal?: AbortSignal): Promise<Reply> {
    // Cookies are those of the target's address, on whichever instance.
    const url = new URL(this.#url + request.path);
    const to = request.origin === undefined ? url : new URL(url.pathname + url.search, request.origin);
    const outgoing = this.#outgoing(request, url, signal);
    try {
      const head = await (request.held === undefined
        ? exchange(this.#dispatcher, to, outgoing)
        : heldRequest(to, outgoing, request.held));
      const redirects = head.status >= 300 && head.status < 400 && head.headers.location !== undefined;
      if (request.early !== true || !redirects)
        return this.#reply(url, head.status, head.headers, await head.body());
      head.body().catch(() => {});
      return this.#reply(url, head.status, head.headers, '');
    } catch (error) {
      return { failure: failureOf(error), headers: {}, body: '', cookies: [] };
    }
  }

  #outgoing(request: Send, url: URL, signal: AbortSignal | undefined): Outgoing {
    const headers: Record<string, string> = { ...request.headers };
    const cookie = this.#cookiesOf(url, request.cookies);
    if (cookie !== '') headers['cookie'] = cookie;
    let body: string | null = null;
    if (request.form !== undefined && request.method !== 'GET') {
      headers['content-type'] = 'application/x-www-form-urlencoded';
      body = new URLSearchParams(request.form).toString();
    }
    return { method: request.method, headers, body, timeout: this.#timeout, signal };
  }

  #reply(url: URL, status: number, headers: IncomingHttpHeaders, body: string): Reply {
    const date = headers.date === undefined ? undefined : Date.parse(headers.date);
    const cookies = [headers['set-cookie'] ?? []].flat().map(line => this.#keep(line, url, date));
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

  /**
   * Takes a Set-Cookie line into the jar, as browsers do: one that is too large is dropped (RFC 6265bis, 5.6).
   *
   * @param date when the response was made, milliseconds since the epoch
   */
  #keep(line: string, url: URL, date: number | undefined): Reply['cookies'][number] | undefined {
    const cookie = Cookie.parse(line, { loose: true });
    if (cookie === undefined) return undefined;
    const attributes = attributesOf(cookie, date);
    const change = { name: cookie.key, attributes };
    const gone = cookie.TTL() <= 0;
    if (attributes.bytes <= MOST_BYTES) this.#jar.setCookieSync(cookie, url.href, { ignoreError: true });
    this.#known.clear();
    if (!gone) this.#affinity?.saw({ name: cookie.key, value: cookie.value });
    return gone ? change : { ...change, value: cookie.value };
  }

  #cookiesOf(url: URL, more: Record<string, string> = {}): string {
    const header = this.#header(url);
    const names = Object.keys(more);
    if (names.length === 0) return header;
    const own = header.split('; ').filter(pair => pair !== '' && !names.includes(pair.split('=')[0] ?? ''));
    return [...own, ...names.map(name => `${name}=${more[name]}`)].join('; ');
  }

  #header(url: URL): string {
    const affinity = this.#affinity;
    if (affinity === undefined) return this.#cookiesFor(url).header;
    if (!this.#broken && affinity.breaks()) {
      this.#broken = true;
      this.#remove(affinity.cookie);
    }
    const sent = affinity.sent(this.#cookiesFor(url).list);
    return sent.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  #cookiesFor(url: URL): Cookies {
    let known = this.#known.get(url.pathname);
    if (known === undefined || known.until <= Date.now()) {
      const cookies = this.#jar.getCookiesSync(url.href);
      known = {
        list: cookies.map(({ key, value }) => ({ name: key, value })),
        header: cookies.map(cookie => cookie.cookieString()).join('; '),
        until: Math.min(...cookies.map(cookie => cookie.expiryTime() ?? Number.POSITIVE_INFINITY)),
      };
      if (this.#known.size > 100) this.#known.clear();
      this.#known.set(url.pathname, known);
    }
    return known;
  }

  /** @returns the names and values of the cookies that it would send to a path */
  cookies(path: string): readonly { name: string; value: string }[] {
    return this.#cookiesFor(new URL(this.#url + path)).list;
  }

  /** Puts a cookie into the jar, beside what responses set: for the whole host and every path. */
  put(name: string, value: string): void {
    this.#jar.setCookieSync(new Cookie({ key: name, value, path: '/' }), this.#url, { ignoreError: true });
    this.#known.clear();
  }

  /** @returns a client with a copy of this one's jar as it is now, without the named cookies */
  copy(without: readonly string[] = []): SessionClient {
    const copy = new SessionClient(this.#dispatcher, this.#url, this.#timeout, this.#affinity);
    copy.#jar = this.#jar.cloneSync() ?? copy.#jar;
    for (const name of without) copy.#remove(name);
    copy.csrf = this.csrf;
    return copy;
  }

  /** @returns a client that sends these cookies for good: they were copied by hand, and expire nowhere */
  replayer(path: string): SessionClient {
    const replayer = new SessionClient(this.#dispatcher, this.#url, this.#timeout, this.#affinity);
    for (const { name, value } of this.cookies(path)) replayer.put(name, value);
    replayer.csrf = this.csrf;
    return replayer;
  }

  #remove(name: string): void {
    for (const cookie of this.#jar.getCookiesSync(this.#url, { allPaths: true })) {
      if (cookie.key !== name || cookie.domain === null || cookie.path === null) continue;
      this.#jar.store.removeCookie(cookie.domain, cookie.path, name, () => {});
    }
    this.#known.clear();
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
