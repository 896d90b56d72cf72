/** Forges session cookies, to test whether an instance accepts a changed cookie. */
import { decoded } from '../client/cookie-attributes.ts';

export interface Forgery {
  /** How the cookie was changed, such as `cut`. */
  change: string;
  forged: string;
}

/** A part of a cookie value with at least 12 characters. Shorter parts are prefixes, versions or names. */
interface Part {
  text: string;
  at: number;
}

const PART = /[\w+/-]{12,}/g;
const MOST = 3;
/** A part counts as the name of an instance if its first ALIKE characters are equal in the cookies of two sessions. */
const ALIKE = 3;

/**
 * Returns forged values of a cookie. Changes neither the last character of a part, which some decoders ignore, nor the
 * name of an instance, by which a balancer may route.
 *
 * @param other the value of the same cookie in a second session
 */
export function forgeries(value: string, other: string): Forgery[] {
  const encoded = value.includes('%');
  const [own, theirs] = encoded ? [decoded(value), decoded(other)] : [value, other];
  const [parts, others] = [carryingOf(own, theirs), carryingOf(theirs, own)];
  const found: Forgery[] = parts
    .slice(0, MOST)
    .map((part, i) => ({ change: `a character of part ${i + 1}`, forged: flipped(own, part) }));
  const whole = parts.length === 0 ? { text: own, at: 0 } : longest(parts);
  found.push({ change: 'cut', forged: own.slice(0, whole.at + Math.ceil(whole.text.length / 2)) });
  found.push({ change: 'emptied', forged: '' });
  const [last, another] = [parts.at(-1), others.at(-1)];
  if (parts.length > 1 && last !== undefined && another !== undefined)
    found.push({
      change: 'spliced with another session',
      forged: own.slice(0, last.at) + another.text + own.slice(endOf(last)),
    });
  const content = withContentOf(own, theirs);
  if (content !== undefined) found.push({ change: 'content of another session', forged: content });
  return found
    .filter(({ forged }) => forged !== own && forged !== theirs)
    .map(({ change, forged }) => ({ change, forged: encoded ? encodeURIComponent(forged) : forged }));
}

/** Matches a random id or signature in JSON. An attacker cannot guess it. */
const ID = /[\w+/=-]{16,}/;

/**
 * Returns a cookie with the JSON of a second session's cookie and added spaces. An app must refuse this unsigned JSON.
 * Returns undefined if the cookie has no JSON in base64, or if the JSON has a random id.
 */
function withContentOf(own: string, other: string): string | undefined {
  const part = partsOf(own).findLast(({ text }) => jsonIn(text) !== undefined);
  const json = partsOf(other).findLast(({ text }) => jsonIn(text) !== undefined);
  const content = json && jsonIn(json.text);
  if (part === undefined || content === undefined || ID.test(content)) return undefined;
  // With these spaces, base64 needs no padding.
  const spaces = ' '.repeat(3 - (Buffer.byteLength(content) % 3));
  const text = Buffer.from(content.replace('{', `{${spaces}`)).toString(
    /[-_]/.test(own) ? 'base64url' : 'base64',
  );
  return own.slice(0, part.at) + text + own.slice(endOf(part)).replace(/^=+/, '');
}

function jsonIn(text: string): string | undefined {
  const json = Buffer.from(text, 'base64').toString();
  try {
    return /^\{.*\}$/s.test(json) && !('alg' in JSON.parse(json)) ? json : undefined;
  } catch {
    return undefined;
  }
}

const endOf = ({ text, at }: Part): number => at + text.length;

const longest = (parts: readonly Part[]): Part =>
  parts.reduce((most, part) => (part.text.length > most.text.length ? part : most));

const partsOf = (value: string): Part[] =>
  [...value.matchAll(PART)].map(({ 0: text, index }) => ({ text, at: index }));

/** Omits the name of an instance, as in `<id>.<name>` (Tomcat's jvmRoute) or `<name>~<id>` (HAProxy's prefix). */
function carryingOf(value: string, other: string): Part[] {
  const [parts, others] = [partsOf(value), partsOf(other)];
  const alike = (a: Part | undefined, b: Part | undefined): boolean =>
    a !== undefined && b !== undefined && a.text.slice(0, ALIKE) === b.text.slice(0, ALIKE);
  const first = parts[0];
  const prefixed = first !== undefined && value[endOf(first)] === '~' && alike(first, others[0]);
  const suffixed = parts.length > 1 && alike(parts.at(-1), others.at(-1));
  return parts.slice(prefixed ? 1 : 0, suffixed ? -1 : undefined);
}

const KINDS = ['0123456789', 'abcdef', 'ABCDEF', 'ghijklmnopqrstuvwxyz', 'GHIJKLMNOPQRSTUVWXYZ'];

function flipped(value: string, { text, at }: Part): string {
  let middle = at + Math.floor(text.length / 2);
  // Changes a letter or digit, because some decoders ignore separators, such as those in a UUID.
  while (middle > at && !/[\da-z]/i.test(value[middle] as string)) middle--;
  const old = value[middle] as string;
  const alike = KINDS.find(letters => letters.includes(old)) ?? 'ax';
  const next = alike[(alike.indexOf(old) + 1) % alike.length] as string;
  return value.slice(0, middle) + next + value.slice(middle + 1);
}
