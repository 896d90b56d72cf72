/** Describes how a cookie was set, for the history: never its value. */
import type { Cookie } from 'tough-cookie';
import type { CookieAttributes } from '../core/history.ts';

/** Browsers drop a cookie whose name and value together have more bytes (RFC 6265bis, 5.6). */
export const MOST_BYTES = 4096;

/**
 *
 * Returns the attributes of a cookie.
 *
 * @param line the header line that set it
 * @param date when the response was made, milliseconds since the epoch; now, if the response has no date
 */
export function attributesOf(cookie: Cookie, line: string, date = Date.now()): CookieAttributes {
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
  const { maxAge, expires } = cookie;
  if (typeof maxAge === 'number') attributes.lifetime = maxAge;
  else if (expires instanceof Date) attributes.lifetime = Math.round((expires.getTime() - date) / 1000);
  return attributes;
}

/**
 *
 * Matches several cookies that were folded into one header line: a comma and another `name=`. Neither the value of a
 * cookie nor an attribute may contain that (RFC 6265, 4.1.1). The comma of a date is followed by a number and a month.
 * Before the first `;` a space after the comma is required, because some apps put commas into values.
 */
const FOLDED = /^[^;]*,\s+[\w!#$%&'*+.^`|~-]+=|;.*,\s*[\w!#$%&'*+.^`|~-]+=/s;

// Digits alone may be hexadecimal by chance: 1 of 2,000 ids of 16 characters is.
const alphabets: [RegExp, number][] = [
  [/^[\da-f]*$/, 16],
  [/^[\da-z]*$/i, 62],
  [/^[\w+/=.-]*$/, 64],
];

/** Returns the most bits that a text can carry, by the smallest usual alphabet that has all of its characters. */
function roomOf(value: string): number {
  const text = decoded(value);
  return Math.floor(text.length * bitsOf(text));
}

/** Returns the bits of one character. */
function bitsOf(text: string): number {
  const [, letters] = alphabets.find(([all]) => all.test(text)) ?? [undefined, 94];
  return Math.log2(letters);
}

/**
 * How many different values show in which places they differ: a hexadecimal digit is equal in all of them once in
 * 16^19.
 */
const ENOUGH_VALUES = 20;

interface Seen {
  first: string;
  values: Set<string>;
  /** For each place, whether some value differs from the first one there. */
  differs: boolean[];
}

/** Estimates the entropy of ids from the values that a run has seen: a counter varies only in its last digits. */
export class Rooms {
  readonly #seen = new Map<string, Seen>();

  /** Returns the most bits that values like this one carry; infinite until enough values are known. */
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

/** Returns the value of a cookie as a script reads it that decodes percent-encoding. */
export function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
