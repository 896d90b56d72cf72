/** Recognises Set-Cookie lines that only renew a cookie: many apps repeat such a line in each response. */
import { type Cookie, parseDate, type Store } from 'tough-cookie';
import type { CookieAttributes } from '../core/history/history.ts';
import { lifetimeOf } from './cookie-attributes.ts';

/** A line that has set a cookie. */
interface SetLine {
  /** The line without the date of its Expires attribute. */
  text: string;
  origin: string;
  cookie: Cookie;
  attributes: CookieAttributes;
}

interface Renewal {
  cookie: Cookie;
  attributes: CookieAttributes;
  /** The new expiry, milliseconds since the epoch. */
  until: number;
}

export class Renewals {
  readonly #store: () => Store;
  /** The last line for each name of a cookie. */
  readonly #lines = new Map<string, SetLine>();

  /** @param store returns the cookies of the jar */
  constructor(store: () => Store) {
    this.#store = store;
  }

  /**
   * Remembers the line of a cookie that the jar has just stored. A cookie without a Path is not remembered, because
   * its path depends on the page.
   */
  remember(line: string, origin: string, cookie: Cookie, attributes: CookieAttributes): void {
    const { text } = undated(line);
    if (cookie.pathIsDefault === true) this.#lines.delete(nameOf(line));
    else this.#lines.set(nameOf(line), { text, origin, cookie, attributes: { ...attributes } });
  }

  /**
   * Renews a cookie in the jar, if its last line differs from the given line at most in its expiry date, and the jar
   * still has the cookie of that line. So the jar sends the same cookies as before.
   *
   * @param date when the response was made, milliseconds since the epoch
   * @returns undefined if the jar must read the line
   */
  renew(line: string, origin: string, date: number | undefined): Renewal | undefined {
    const set = this.#lines.get(nameOf(line));
    if (set === undefined) return undefined;
    const { cookie, attributes } = set;
    const { text, expires } = undated(line);
    const now = new Date();
    const over = (cookie.expiryTime() ?? Number.POSITIVE_INFINITY) <= now.getTime();
    if (text !== set.text || origin !== set.origin || over || !this.#has(cookie)) return undefined;
    if (expires !== undefined) {
      const end = parseDate(expires);
      if (end === undefined || end <= now) return undefined;
      cookie.expires = end;
    }
    cookie.lastAccessed = now;
    const lifetime = lifetimeOf(cookie, date);
    return {
      cookie,
      attributes: lifetime === undefined ? { ...attributes } : { ...attributes, lifetime },
      until: cookie.expiryTime() ?? Number.POSITIVE_INFINITY,
    };
  }

  /** Returns whether the jar still has this cookie: a new cookie in its place is another object. */
  #has(cookie: Cookie): boolean {
    let has = false;
    this.#store().findCookie(cookie.domain, cookie.path, cookie.key, (_error, found) => {
      has = found === cookie;
    });
    return has;
  }
}

const nameOf = (line: string): string => line.slice(0, line.indexOf('='));

/** Matches a line with an Expires attribute. If it has several, the last one counts (RFC 6265, 5.3). */
const DATED = /^(.*;\s*expires\s*=)([^;]*)(.*)$/is;

/** Returns a line without its expiry date, and the date. */
function undated(line: string): { text: string; expires?: string } {
  const [, before = '', expires, after = ''] = DATED.exec(line) ?? [];
  return expires === undefined ? { text: line } : { text: before + after, expires };
}
