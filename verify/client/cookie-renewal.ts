/**
 * Recognises Set-Cookie lines that only extend the lifetime of a known cookie, so that the cookie jar need not parse
 * them. Many apps send such a line in each response.
 */
import { type Cookie, parseDate, type Store } from 'tough-cookie';
import type { CookieAttributes } from '../core/history/history.ts';
import { lifetimeOf } from './cookie-attributes.ts';

/** A Set-Cookie line, split into its expiry date and the rest. */
interface Undated {
  /** The Set-Cookie line without the date of its Expires attribute. */
  text: string;
  /** The date of the Expires attribute; absent if the line has none. */
  expires?: string;
}

/** A Set-Cookie line that has set a cookie in the jar. */
interface SetLine {
  line: string;
  parts: Undated;
  origin: string;
  cookie: Cookie;
  /** Max-Age in the Set-Cookie line, seconds; undefined if the line has none. */
  maxAge: number | undefined;
  attributes: CookieAttributes;
}

interface Renewal {
  cookie: Cookie;
  attributes: CookieAttributes;
  /** Time at which the renewed cookie expires, milliseconds since the epoch. */
  until: number;
}

/** Maximum number of Set-Cookie lines to keep, because some apps set a cookie with a new name in each response. */
const LINES = 100;

export class Renewals {
  readonly #store: () => Store;
  /** The last Set-Cookie line of each cookie, by the name of the cookie. */
  readonly #lines = new Map<string, SetLine>();

  /** @param store returns the cookies of the jar */
  constructor(store: () => Store) {
    this.#store = store;
  }

  /**
   * Keeps the Set-Cookie line of a cookie that the jar has just stored. Does not keep a line without Path, because the
   * path then depends on the page.
   *
   * @param maxAge the Max-Age of the line, seconds, as the function `endsByDate` returns it
   */
  remember(
    line: string,
    origin: string,
    cookie: Cookie,
    maxAge: number | undefined,
    attributes: CookieAttributes,
  ): void {
    const parts = undated(line);
    if (this.#lines.size >= LINES) this.#lines.clear();
    if (cookie.pathIsDefault === true) this.#lines.delete(nameOf(line));
    else
      this.#lines.set(nameOf(line), { line, parts, origin, cookie, maxAge, attributes: { ...attributes } });
  }

  /**
   * Renews the expiry of a cookie in the jar. This is possible without parsing if a Set-Cookie line equals the cookie's
   * last line, except for the expiry date, and the jar still has the cookie.
   *
   * @param date when the response was made, milliseconds since the epoch
   * @returns undefined if the jar must parse the line
   */
  renew(line: string, origin: string, date: number | undefined): Renewal | undefined {
    const set = this.#lines.get(nameOf(line));
    if (set === undefined) return undefined;
    const { cookie, maxAge, attributes } = set;
    const { text, expires } = line === set.line ? set.parts : undated(line);
    const now = new Date();
    const over = (cookie.expiryTime() ?? Number.POSITIVE_INFINITY) <= now.getTime();
    if (text !== set.parts.text || origin !== set.origin || over || !this.#has(cookie)) return undefined;
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

  /** Returns whether the jar still has this cookie object. A new cookie of the same name is another object. */
  #has(cookie: Cookie): boolean {
    let has = false;
    this.#store().findCookie(cookie.domain, cookie.path, cookie.key, (_error, found) => {
      has = found === cookie;
    });
    return has;
  }
}

/**
 * Replaces the Max-Age of a new cookie by an expiry date, because tough-cookie counts Max-Age from the last use of
 * the cookie, and browsers count it from the response (RFC 6265, 5.3). Returns the Max-Age; undefined if there is
 * none, or if it deletes the cookie.
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
 * Matches a Set-Cookie line with the attribute Expires. Captures the date: the last one if there are several (RFC 6265,
 * 5.3). Does not match if the date contains `=`, because a second cookie then follows in the same line.
 */
const DATED = /^(.*;\s*expires\s*=)([^;=]*)(.*)$/is;

/** Splits a Set-Cookie line into the date of Expires and the line without this date. */
function undated(line: string): Undated {
  const [, before = '', expires, after = ''] = DATED.exec(line) ?? [];
  return expires === undefined ? { text: line } : { text: before + after, expires };
}
