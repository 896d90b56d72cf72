/** Stores the cookies of one browser (RFC 6265bis). */

import { isIP } from 'node:net';
import { Cookie, CookieJar, getPublicSuffix, MemoryCookieStore } from 'tough-cookie';
import type { Reply } from '../core/response/reply.ts';
import { MOST_BYTES } from '../core/timeline/session-jar.ts';
import type { LastBodies } from './body.ts';
import { attributesOf } from './cookie-attributes.ts';
import { endsByDate, Renewals } from './cookie-renewal.ts';
import type { RequestHead } from './request-text.ts';

export interface Cookies {
  list: { name: string; value: string }[];
  header: string;
  /** Time at which the first of these cookies expires, milliseconds since the epoch. */
  until: number;
  /** Headers that all requests with these cookies share. */
  head?: RequestHead;
  /** The last response bodies of each GET with these cookies. */
  last?: LastBodies;
  /** Cookies that a browser withholds because of SameSite. */
  withheld?: readonly string[];
}

/**
 * The SameSite cookies that a browser sends. `strict`: all cookies, with a request from the same site. `lax`: all
 * except Strict cookies, with a GET or HEAD from another site. `none`: only SameSite=None cookies, with other methods
 * from another site.
 */
type SiteContext = 'strict' | 'lax' | 'none';

export class Jar {
  readonly #site: URL;
  #cookies: CookieJar;
  /** Key: path; value: cookies to send, until a cookie changes or expires. */
  readonly #known = new Map<string, Cookies>();
  #last: { url: URL; cookies: Cookies } | undefined;
  readonly #renewals = new Renewals(() => this.#cookies.store);
  /** Cookies of other hosts, such as an identity provider. */
  readonly #foreign = new Map<string, [domain: string, path: string, name: string]>();

  constructor(site: URL) {
    this.#site = site;
    // IP addresses, and names such as `localhost`, have no public suffix such as `com`.
    const registered = site.hostname.includes('.') && isIP(site.hostname) === 0;
    const store = new MemoryCookieStore();
    this.#cookies = new CookieJar(store, { rejectPublicSuffixes: registered, looseMode: true });
  }

  /**
   * Stores the cookie of a Set-Cookie line, unless it is too large (RFC 6265bis, 5.6). Returns undefined for an invalid
   * line. For a deletion, returns the cookie without a value.
   *
   * @param date when the response was made, milliseconds since the epoch
   */
  keep(line: string, url: URL, date: number | undefined): Reply['cookies'][number] | undefined {
    const renewal = this.#renewals.renew(line, url.origin, date);
    if (renewal !== undefined) {
      const { cookie, attributes, until } = renewal;
      for (const known of this.#known.values()) known.until = Math.min(known.until, until);
      return { name: cookie.key, attributes, value: cookie.value };
    }
    const cookie = Cookie.parse(line, { loose: true });
    if (cookie === undefined) return undefined;
    const attributes = attributesOf(cookie, line, date);
    const change = { name: cookie.key, attributes };
    if (attributes.bytes <= MOST_BYTES) {
      const maxAge = endsByDate(cookie);
      this.#cookies.setCookieSync(cookie, url.href, { ignoreError: true });
      this.#setBy(url, cookie);
      this.#renewals.remember(line, url.origin, cookie, maxAge, attributes);
    }
    this.#changed();
    return cookie.TTL() <= 0 ? change : { ...change, value: cookie.value };
  }

  for(url: URL): Cookies {
    if (this.#last?.url === url && this.#last.cookies.until > Date.now()) return this.#last.cookies;
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
    this.#last = { url, cookies: known };
    return known;
  }

  #changed(): void {
    this.#known.clear();
    this.#last = undefined;
  }

  #setBy({ origin }: URL, { domain, path, key }: Cookie): void {
    if (domain === null || path === null) return;
    const place = `${domain} ${path} ${key}`;
    if (origin === this.#site.origin) this.#foreign.delete(place);
    else this.#foreign.set(place, [domain, path, key]);
  }

  /**
   * Returns the cookies that a browser sends after a link, redirect or form on another site, by their SameSite
   * attributes.
   *
   * @param from the page with the link or form, before any redirects
   */
  across(url: URL, from: URL, method: string): Cookies {
    const context = contextOf(url, from, method);
    const all = this.#cookies.getCookiesSync(url.href);
    const sent =
      context === 'strict' ? all : this.#cookies.getCookiesSync(url.href, { sameSiteContext: context });
    const withheld = all.filter(({ key }) => !sent.some(one => one.key === key)).map(({ key }) => key);
    return {
      list: sent.map(({ key, value }) => ({ name: key, value })),
      header: sent.map(cookie => cookie.cookieString()).join('; '),
      until: 0,
      ...(withheld.length === 0 ? {} : { withheld }),
    };
  }

  forgetOthers(): void {
    for (const place of this.#foreign.values()) this.#cookies.store.removeCookie(...place, () => {});
    this.#foreign.clear();
    this.#changed();
  }

  /**
   * Adds a cookie for all paths of the target. Makes the cookie `Secure` if the address is https, or if its name begins
   * with `__Host-` or `__Secure-`, because the jar would drop it otherwise.
   */
  put(name: string, value: string): void {
    const secure = this.#site.protocol === 'https:' || /^__(Host|Secure)-/.test(name);
    const cookie = new Cookie({ key: name, value, path: '/', secure });
    this.#cookies.setCookieSync(cookie, this.#site.href, { ignoreError: true });
    this.#changed();
  }

  remove(name: string): void {
    for (const cookie of this.#cookies.getCookiesSync(this.#site.href, { allPaths: true })) {
      if (cookie.key !== name || cookie.domain === null || cookie.path === null) continue;
      this.#cookies.store.removeCookie(cookie.domain, cookie.path, name, () => {});
    }
    this.#changed();
  }

  /** Returns a copy without the cookies of other hosts, because the copy stands for a second browser of the user. */
  copy(): Jar {
    const copy = new Jar(this.#site);
    copy.#cookies = this.#cookies.cloneSync() ?? copy.#cookies;
    for (const [place, parts] of this.#foreign) copy.#foreign.set(place, parts);
    if (copy.#foreign.size > 0) copy.forgetOthers();
    return copy;
  }
}

function contextOf(to: URL, from: URL, method: string): SiteContext {
  if (siteOf(to) === siteOf(from)) return 'strict';
  return method === 'GET' || method === 'HEAD' ? 'lax' : 'none';
}

/** Returns scheme and registrable domain: `https://a.b.test:81` → `https://b.test`. */
function siteOf({ protocol, hostname }: URL): string {
  if (!hostname.includes('.') || isIP(hostname) !== 0) return `${protocol}//${hostname}`;
  const domain = getPublicSuffix(hostname, { allowSpecialUseDomain: true, ignoreError: true });
  return `${protocol}//${domain ?? hostname}`;
}
