/** Stores the cookies of one browser. It follows RFC 6265bis. */

import { isIP } from 'node:net';
import { Cookie, CookieJar, MemoryCookieStore } from 'tough-cookie';
import type { Reply } from '../core/response/reply.ts';
import { MOST_BYTES } from '../core/timeline/session-jar.ts';
import { attributesOf } from './cookie-attributes.ts';
import type { RequestHead } from './request-text.ts';

/** The cookies to send with a path. */
export interface Cookies {
  list: { name: string; value: string }[];
  header: string;
  /** Time at which the first of these cookies expires, milliseconds since the epoch. */
  until: number;
  /** Headers of every request with these cookies. Absent until the first such request. */
  head?: RequestHead;
}

export class Jar {
  readonly #site: URL;
  #cookies: CookieJar;
  /**
   * Cache of cookies by path, because a lookup for each request is slow. It is valid until a response changes a cookie
   * or a cookie expires.
   */
  readonly #known = new Map<string, Cookies>();

  /** @param site address of the target that the cookies belong to */
  constructor(site: URL) {
    this.#site = site;
    // Addresses and host names without a dot are never public suffixes.
    const registered = site.hostname.includes('.') && isIP(site.hostname) === 0;
    const store = new MemoryCookieStore();
    this.#cookies = new CookieJar(store, { rejectPublicSuffixes: registered, looseMode: true });
  }

  /**
   * Stores the cookie of a Set-Cookie line like a browser: it drops a cookie that is too large (RFC 6265bis, 5.6).
   *
   * @param date when the response was made, milliseconds since the epoch
   * @returns the change; undefined if the line is no cookie
   */
  keep(line: string, url: URL, date: number | undefined): Reply['cookies'][number] | undefined {
    const cookie = Cookie.parse(line, { loose: true });
    if (cookie === undefined) return undefined;
    const attributes = attributesOf(cookie, line, date);
    const change = { name: cookie.key, attributes };
    if (attributes.bytes <= MOST_BYTES) this.#cookies.setCookieSync(cookie, url.href, { ignoreError: true });
    this.#known.clear();
    return cookie.TTL() <= 0 ? change : { ...change, value: cookie.value };
  }

  /** Returns the cookies that would be sent to an address. */
  for(url: URL): Cookies {
    let known = this.#known.get(url.pathname);
    if (known === undefined || known.until <= Date.now()) {
      const cookies = this.#cookies.getCookiesSync(url.href);
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

  /** Adds a cookie that no response has set. It is valid for the whole host and every path. */
  put(name: string, value: string): void {
    const cookie = new Cookie({ key: name, value, path: '/' });
    this.#cookies.setCookieSync(cookie, this.#site.href, { ignoreError: true });
    this.#known.clear();
  }

  /** Removes all cookies of a name. */
  remove(name: string): void {
    for (const cookie of this.#cookies.getCookiesSync(this.#site.href, { allPaths: true })) {
      if (cookie.key !== name || cookie.domain === null || cookie.path === null) continue;
      this.#cookies.store.removeCookie(cookie.domain, cookie.path, name, () => {});
    }
    this.#known.clear();
  }

  copy(): Jar {
    const copy = new Jar(this.#site);
    copy.#cookies = this.#cookies.cloneSync() ?? copy.#cookies;
    return copy;
  }
}
