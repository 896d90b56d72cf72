/** Describes the attributes of a cookie for the history, without its value. */
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

/** Returns the lifetime of a cookie, seconds; undefined if it has none. @param date as in `attributesOf` */
export function lifetimeOf({ maxAge, expires }: Cookie, date = Date.now()): number | undefined {
  if (typeof maxAge === 'number') return maxAge;
  return expires instanceof Date ? Math.round((expires.getTime() - date) / 1000) : undefined;
}

/**
 * Matches several cookies that were folded into one header line, by a comma followed by `name=`. Neither the value of
 * a cookie nor an attribute may contain this text (RFC 6265, 4.1.1): after the comma of a date comes a number and a
 * month. Before the first `;`, the expression requires a space after the comma, because some apps put commas into
 * values.
 */
const FOLDED = /^[^;]*,\s+[\w!#$%&'*+.^`|~-]+=|;.*,\s*[\w!#$%&'*+.^`|~-]+=/s;

// A text of digits may be a hexadecimal text: 1 of 2,000 hexadecimal ids of 16 characters has only digits.
const alphabets: [RegExp, number][] = [
  [/^[\da-f]*$/, 16],
  [/^[\da-z]*$/i, 62],
  [/^[\w+/=.-]*$/, 64],
];

/** Returns the maximum number of bits in a text, by the smallest common alphabet that has all its characters. */
function roomOf(value: string): number {
  const text = decoded(value);
  return Math.floor(text.length * bitsOf(text));
}

/** Returns the number of bits per character. */
function bitsOf(text: string): number {
  const [, letters] = alphabets.find(([all]) => all.test(text)) ?? [undefined, 94];
  return Math.log2(letters);
}

/**
 * Number of values that are needed to know which positions vary. By chance, all these values have the same
 * hexadecimal digit at a position only once in 16^19.
 */
const ENOUGH_VALUES = 20;

interface Seen {
  first: string;
  values: Set<string>;
  /** For each position: true if some value differs from the first value there. */
  differs: boolean[];
}

/** Estimates the entropy of ids from the values in a run. For example, a counter varies only in its last digits. */
export class Rooms {
  readonly #seen = new Map<string, Seen>();

  /** Returns the maximum number of bits in values of this name and length; infinite until enough values are known. */
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

/** Returns the value of a cookie with its percent-encoding decoded, as scripts in a page usually read it. */
export function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
