/** Finds the attributes of a cookie for the history, and estimates the entropy of its value. */
import type { Cookie } from 'tough-cookie';
import type { CookieAttributes } from '../core/history/history.ts';

/**
 * Returns the attributes of a cookie.
 *
 * @param line the Set-Cookie line
 * @param date when the response was made, milliseconds since the epoch; now, if the response has no date
 */
export function attributesOf(cookie: Cookie, line: string, date?: number): CookieAttributes {
  const attributes: CookieAttributes = {
    httpOnly: cookie.httpOnly,
    secure: cookie.secure,
    bytes: Buffer.byteLength(cookie.key + cookie.value),
    bits: roomOf(cookie.value),
  };
  if (cookie.sameSite !== undefined) attributes.sameSite = cookie.sameSite.toLowerCase();
  if (cookie.path !== null) attributes.path = cookie.path;
  if (cookie.domain !== null) attributes.domain = cookie.domain;
  if (FOLDED.test(line)) attributes.folded = true;
  const lifetime = lifetimeOf(cookie, date);
  if (lifetime !== undefined) attributes.lifetime = lifetime;
  return attributes;
}

/**
 * Returns the lifetime of a cookie, seconds.
 *
 * @param date when the response was made, milliseconds since the epoch
 */
export function lifetimeOf({ maxAge, expires }: Cookie, date = Date.now()): number | undefined {
  if (typeof maxAge === 'number') return maxAge;
  return expires instanceof Date ? Math.round((expires.getTime() - date) / 1000) : undefined;
}

/**
 * Matches a Set-Cookie line into which a proxy has joined several cookies: `name=` follows a comma. In a date, a number
 * follows the comma (RFC 6265, 4.1.1). Within the value of the first cookie, only a comma with a space behind it
 * matches, because some apps put commas into values.
 */
const FOLDED = /^[^;]*,\s+[\w!#$%&'*+.^`|~-]+=|;.*,\s*[\w!#$%&'*+.^`|~-]+=/s;

// Alphabets of session ids, with the bits per character. Digits count as hexadecimal, because a short hexadecimal id
// may have no letters.
const alphabets: [RegExp, number][] = [
  [/^[\da-f]*$/, 16],
  [/^[\da-z]*$/i, 62],
  [/^[\w+/=.-]*$/, 64],
];

function roomOf(value: string): number {
  const text = decoded(value);
  return Math.floor(text.length * bitsOf(text));
}

function bitsOf(text: string): number {
  const [, letters] = alphabets.find(([all]) => all.test(text)) ?? [undefined, 94];
  return Math.log2(letters);
}

/** Minimum number of ids for an estimate. In fewer ids, characters may be equal by chance. */
const ENOUGH_VALUES = 20;

interface Seen {
  first: string;
  values: Set<string>;
  /** For each position in a session id: true if two compared ids differ there. */
  differs: boolean[];
}

/** Estimates the entropy of session ids. Ignores positions at which all ids of the run are equal. */
export class Rooms {
  readonly #seen = new Map<string, Seen>();

  /**
   * Adds a session id. Returns its maximum entropy, bits. Counts only positions at which ids of the same cookie and
   * length differ. Returns infinity if there are fewer than 20 ids.
   */
  of(name: string, value: string): number {
    const text = decoded(value);
    const kind = `${text.length} ${name}`;
    let seen = this.#seen.get(kind);
    if (seen === undefined) {
      seen = { first: text, values: new Set(), differs: Array.from(text, () => false) };
      this.#seen.set(kind, seen);
    }
    const { first, values, differs } = seen;
    if (values.size < ENOUGH_VALUES && !values.has(text)) {
      values.add(text);
      for (let i = 0; i < text.length; i++) if (text[i] !== first[i]) differs[i] = true;
    }
    if (values.size < ENOUGH_VALUES) return Number.POSITIVE_INFINITY;
    return Math.floor(differs.filter(Boolean).length * bitsOf(text));
  }
}

/** Returns a cookie value without percent-encoding. */
export function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
