/** Finds out whether a cookie contains the session data or only an id. */

/** Values of one cookie outside the examined session. */
export interface OtherValues {
  /** The value before a login. If it is as long as the values after it, the cookie has an id, perhaps encrypted. */
  before?: string | undefined;
  /** The value in another session of the first user. */
  again?: string | undefined;
  /** The value in a session of the second user. */
  second?: string | undefined;
}

/**
 * Returns whether a cookie contains the session data. The length of session data varies; the length of an id does not.
 *
 * @param inTurn values of the cookie in one session of the first user, in order of time
 * @param users login names; a cookie with a login name, plain or in base64, contains session data
 */
export const holdsSession = (
  inTurn: readonly string[],
  users: readonly string[] = [],
  others: OtherValues = {},
): boolean =>
  inTurn.some(value => isSelfContained(value, users, others.before)) ||
  new Set(inTurn.map(value => decodedOnce(value).length)).size > 1 ||
  growsWithName(inTurn, users, others);

/**
 * Returns true if the user with the longer name has the longer value. The cookie then contains the name, in encrypted
 * form.
 */
function growsWithName(
  inTurn: readonly string[],
  [first = '', name = '']: readonly string[],
  { again, second }: OtherValues,
): boolean {
  if (again === undefined || second === undefined || name.length === first.length) return false;
  const [length, ...more] = [...inTurn, again].map(sealedLength);
  if (length === undefined || length < LEAST_SEALED || more.some(other => other !== length)) return false;
  return Math.sign(sealedLength(second) - length) === Math.sign(name.length - first.length);
}

const sealedLength = (value: string): number => decodedOnce(value).replace(/=+$/, '').length;

/** Minimum length of an encrypted text in base64: a nonce, a tag and some text are 33 bytes. */
const LEAST_SEALED = 44;

function isSelfContained(value: string, users: readonly string[], before: string | undefined): boolean {
  const text = decodedOnce(value);
  const parts = [text, ...text.split(/[^\w+/=-]+/).map(decoded64)];
  if (users.some(user => user.length >= LEAST_NAME && parts.some(part => part.includes(user)))) return true;
  if (before !== undefined && decodedOnce(before).length === text.length) return false;
  if (/^ey[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) return true;
  const [, first = ''] = /^(?:s:)?\.?([\w+/=-]{16,})/.exec(text) ?? [];
  const inside = decoded64(first);
  if (ID_IN_JSON.test(inside)) return false;
  return /^[[{"].*["}\]:]/s.test(inside) || inside.startsWith('x\u009c') || bytesIn(text) > MOST_OF_ID;
}

/** Maximum length of an id, bytes: 128 hexadecimal digits encode 64 bytes. */
const MOST_OF_ID = 64;
/** Number of bytes of a signature by SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512. */
const SIGNATURES = [20, 28, 32, 48, 64];

/** Returns the number of bytes that a value encodes, without a signature at its end. */
function bytesIn(text: string): number {
  const sizes = text
    .split(/[^\w+/-]+/)
    .filter(part => part !== '')
    .map(part => Math.floor(part.length * (/^[\da-f]+$/i.test(part) ? 1 / 2 : 3 / 4)));
  const isSigned = sizes.length > 1 && SIGNATURES.includes(sizes.at(-1) ?? 0);
  return sizes.slice(0, isSigned ? -1 : undefined).reduce((sum, size) => sum + size, 0);
}

/** Matches the cookie of React Router, which contains a session id as a JSON string. */
const ID_IN_JSON = /^"[\w-]{16,}"/;

/** Minimum length of a login name to search for in a cookie. Random ids contain shorter texts by chance. */
const LEAST_NAME = 3;

const decoded64 = (text: string): string => Buffer.from(text, 'base64').toString('latin1');

function decodedOnce(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
