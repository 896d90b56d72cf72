/** How a cookie was set, as far as a history tells: never its value. */
import type { Cookie } from 'tough-cookie';
import type { CookieAttributes } from '../core/history.ts';

/** Browsers drop a cookie whose name and value are longer together (RFC 6265bis, 5.6). */
export const MOST_BYTES = 4096;

/**
 * @param line the header line that set it
 * @param date when the response was made, milliseconds since the epoch; now, when it does not say
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
 * A comma and another `name=`: neither the value of a cookie nor an attribute may hold that (RFC 6265, 4.1.1). The comma
 * of a date is followed by a number and a month. Before the first `;` a space after the comma is required, since apps do
 * put commas into values.
 */
const FOLDED = /^[^;]*,\s+[\w!#$%&'*+.^`|~-]+=|;.*,\s*[\w!#$%&'*+.^`|~-]+=/s;

// Digits alone may be hexadecimal by chance: of 2,000 ids of 16 characters one is.
const alphabets: [RegExp, number][] = [
  [/^[\da-f]*$/, 16],
  [/^[\da-z]*$/i, 62],
  [/^[\w+/=.-]*$/, 64],
];

/** The most that a text can carry, bits: by the smallest usual alphabet that has all of its characters. */
function roomOf(value: string): number {
  const text = decoded(value);
  return Math.floor(text.length * bitsOf(text));
}

/** Of a character. */
function bitsOf(text: string): number {
  const [, letters] = alphabets.find(([all]) => all.test(text)) ?? [undefined, 94];
  return Math.log2(letters);
}

/** So many different values show where they may differ: a hexadecimal place is alike in all once in 16^19. */
const TELLING = 20;

interface Seen {
  first: string;
  values: Set<string>;
  /** By place: whether some value differs from the first there. */
  differs: boolean[];
}

/** Narrows the room of ids by those that a run has seen: a number that counts up has room where it counts. */
export class Rooms {
  readonly #seen = new Map<string, Seen>();

  /** @returns the most that values like this one carry, bits; infinite until enough of them are known */
  of(name: string, value: string): number {
    const text = decoded(value);
    const kind = `${text.length} ${name}`;
    let seen = this.#seen.get(kind);
    if (seen === undefined) {
      seen = { first: text, values: new Set(), differs: Array.from(text, () => false) };
      this.#seen.set(kind, seen);
    }
    const { first, values, differs } = seen;
    if (values.size < TELLING && !values.has(text)) {
      values.add(text);
      for (let i = 0; i < text.length; i++) if (text[i] !== first[i]) differs[i] = true;
    }
    if (values.size < TELLING) return Number.POSITIVE_INFINITY;
    return Math.floor(differs.filter(Boolean).length * bitsOf(text));
  }
}

/** @returns what a script that knows of percent-encoding reads in a cookie */
export function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
