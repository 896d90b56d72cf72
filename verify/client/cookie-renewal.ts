/**
 * Recognises Set-Cookie lines that only extend the lifetime of a known cookie. Many apps send one in each response, and
 * parsing is slow.
 */
import { type Cookie, parseDate, type Store } from 'tough-cookie';
import type { CookieAttributes } from '../core/history/history.ts';
import { lifetimeOf } from './cookie-attributes.ts';

interface Undated {
  text: string;
  expires?: string;
}

interface SetLine {
  line: string;
  parts: Undated;
  origin: string;
  cookie: Cookie;
  maxAge: number | undefined;
  attributes: CookieAttributes;
  /** True if the cookie has no expiry. */
  lasting: boolean;
}

interface Renewal {
  cookie: Cookie;
  attributes: CookieAttributes;
  /** Time at which the renewed cookie expires, milliseconds since the epoch. */
  until: number;
}

/** Maximum number of lines in memory. Some apps set a cookie with a new name in each response. */
const LINES = 100;

export class Renewals {
  readonly #store: () => Store;
  /** Key: name of the cookie; value: its last Set-Cookie line. */
  readonly #lines = new Map<string, SetLine>();

  constructor(store: () => Store) {
    this.#store = store;
  }

  /**
   * Remembers the Set-Cookie line of a cookie that the jar has just stored. Ignores lines without Path, because then
   * the path depends on the page.
   *
   * @param maxAge seconds, from `endsByDate`
   */
  remember(
    line: string,
    origin: string,
    cookie: Cookie,
    maxAge: number | undefined,
    attributes: CookieAttributes,
  ): void {
    if (this.#lines.size >= LINES) this.#lines.clear();
    if (cookie.pathIsDefault === true) this.#lines.delete(nameOf(line));
    else {
      const lasting = cookie.expiryTime() === Number.POSITIVE_INFINITY;
      const set = { line, parts: undated(line), origin, cookie, maxAge, attributes: { ...attributes } };
      this.#lines.set(nameOf(line), { ...set, lasting });
    }
  }

  /**
   * Renews the expiry of a cookie if its Set-Cookie line differs only in the expiry. Returns undefined if the jar must
   * parse the line.
   *
   * @param date when the response was made, milliseconds since the epoch
   */
  renew(line: string, origin: string, date: number | undefined): Renewal | undefined {
    const set = this.#lines.get(nameOf(line));
    if (set === undefined) return undefined;
    const { cookie, maxAge, attributes } = set;
    // A browser session's cookie has no expiry to renew.
    if (set.lasting && line === set.line && origin === set.origin && this.#has(cookie))
      return { cookie, attributes: { ...attributes }, until: Number.POSITIVE_INFINITY };
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

  /** The jar replaces a changed cookie by a new object, so object identity shows whether the cookie is unchanged. */
  #has(cookie: Cookie): boolean {
    let has = false;
    this.#store().findCookie(cookie.domain, cookie.path, cookie.key, (_error, found) => {
      has = found === cookie;
    });
    return has;
  }
}

/**
 * Replaces Max-Age by an expiry date, and returns Max-Age. tough-cookie counts Max-Age from the last use of the cookie,
 * browsers count it from the response (RFC 6265, 5.3).
 */
export function endsByDate(cookie: Cookie): number | undefined {
  const { maxAge } = cookie;
  if (typeof maxAge !== 'number' || maxAge <= 0) return undefined;
  cookie.expires = after(maxAge);
  cookie.maxAge = null;
  return maxAge;
}

const LATEST = 8.64e15;

const after = (seconds: number): Date => new Date(Math.min(Date.now() + seconds * 1000, LATEST));

const nameOf = (line: string): string => line.slice(0, line.indexOf('='));

/**
 * Captures the date of the last Expires attribute (RFC 6265, 5.3). A date that contains `=` does not match, because the
 * line then has a second cookie.
 */
const DATED = /^(.*;\s*expires\s*=)([^;=]*)(.*)$/is;

function undated(line: string): Undated {
  const [, before = '', expires, after = ''] = DATED.exec(line) ?? [];
  return expires === undefined ? { text: line } : { text: before + after, expires };
}
