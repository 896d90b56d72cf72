/** Replaces control and invisible characters in texts from the target, such as user names. */

/** Maximum length of a text, in UTF-16 units. */
const LONGEST = 1000;

/** Number of UTF-16 units at each end of a shortened text. */
const KEPT = 450;

/**
 * Returns a copy in which each text is one line of visible characters, of limited length. Control characters become
 * symbols (`␛`, `␊`). Unpaired surrogates, and characters that reorder text, become `�`.
 */
export function printable<T>(value: T): T {
  return copied(value) as T;
}

function copied(value: unknown): unknown {
  if (typeof value === 'string') return shown(value);
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inside]) => [shown(key), copied(inside)]));
}

/** Matches printable ASCII, which needs no change. Most texts are printable ASCII. */
const PLAIN = /^[ -~]*$/;

function shown(text: string): string {
  const short = cut(text);
  return PLAIN.test(short) ? short : [...short].map(visible).join('');
}

function cut(text: string): string {
  if (text.length <= LONGEST) return text;
  return `${text.slice(0, KEPT)} … ${text.length - 2 * KEPT} more characters … ${text.slice(-KEPT)}`;
}

/** Control characters, direction marks, line separators, surrogates and non-characters. */
const HIDDEN: readonly (readonly [number, number])[] = [
  [0x80, 0x9f],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
  [0xd800, 0xdfff],
  [0xfffe, 0xffff],
];

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '␡';
  return HIDDEN.some(([from, to]) => from <= code && code <= to) ? '\ufffd' : character;
}

/** Returns the first `length` UTF-16 units of a text. Returns one unit less if the cut would split a character. */
export function startOf(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
}
