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
  /** Max-Age of the line, seconds; undefined if it has none. */
  maxAge: number | undefined;
  attributes: CookieAttributes;
}

interface Renewal {
  cookie: Cookie;
  attributes: CookieAttributes;
  /** The new expiry, milliseconds since the epoch. */
  until: number;
}

/** Maximum number of remembered lines. Some apps set a cookie with a new name in each response. */
const LINES = 100;

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
   *
   * @param maxAge Max-Age of the line, which `endsByDate` has returned
   */
  remember(
    line: string,
    origin: string,
    cookie: Cookie,
    maxAge: number | undefined,
    attributes: CookieAttributes,
  ): void {
    const { text } = undated(line);
    if (this.#lines.size >= LINES) this.#lines.clear();
    if (cookie.pathIsDefault === true) this.#lines.delete(nameOf(line));
    else this.#lines.set(nameOf(line), { text, origin, cookie, maxAge, attributes: { ...attributes } });
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
    const { cookie, maxAge, attributes } = set;
    const { text, expires } = undated(line);
    const now = new Date();
    const over = (cookie.expiryTime() ?? Number.POSITIVE_INFINITY) <= now.getTime();
    if (text !== set.text || origin !== set.origin || over || !this.#has(cookie)) return undefined;
    if (expires !== undefined) {
      const end = parseDate(expires);
      if (end === undefined || end <= now) return undefined;
      cookie.expires = end;
    }
    if (maxAge !== undefined) cookie.expires = after(maxAge);
    const lifetime = maxAge ?? lifetimeOf(cookie, date);
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

/**
 * Replaces the Max-Age of a cookie that has just come by a date. tough-cookie counts Max-Age from the last use of the
 * cookie, but a browser counts it from the response (RFC 6265, 5.3). Returns the Max-Age; undefined if there is none,
 * or if it deletes the cookie.
 */
export function endsByDate(cookie: Cookie): number | undefined {
  const { maxAge } = cookie;
  if (typeof maxAge !== 'number' || maxAge <= 0) return undefined;
  cookie.expires = after(maxAge);
  cookie.maxAge = null;
  return maxAge;
}

/** The latest time that a Date can hold, milliseconds since the epoch. */
const LATEST = 8.64e15;

const after = (seconds: number): Date => new Date(Math.min(Date.now() + seconds * 1000, LATEST));

const nameOf = (line: string): string => line.slice(0, line.indexOf('='));

/**
 * Matches a line with an Expires attribute. If it has several, the last one counts (RFC 6265, 5.3). A date has no `=`:
 * with `=`, a second cookie follows the date in the same line.
 */
const DATED = /^(.*;\s*expires\s*=)([^;=]*)(.*)$/is;

/** Returns a line without its expiry date, and the date. */
function undated(line: string): { text: string; expires?: string } {
  const [, before = '', expires, after = ''] = DATED.exec(line) ?? [];
  return expires === undefined ? { text: line } : { text: before + after, expires };
}
