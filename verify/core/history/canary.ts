/** Makes and recognises canaries: unguessable private values of a user. One in a response to another user is a leak. */

/** Returns `<prefix>.<user>.<session>.<number>.<random>`, short enough for a text field of most apps. */
export function canaryOf(parts: {
  prefix: string;
  user: string;
  session: string;
  number: number;
  /** 0 ≤ random < 1 */
  random: number;
}): string {
  const tail = Math.floor(parts.random * 36 ** 8)
    .toString(36)
    .padStart(8, '0');
  return `${parts.prefix}.${parts.user}.${parts.session}.${parts.number}.${tail}`;
}

/** Returns the prefix of the values that the run writes to data that all users share. They are not canaries. */
export const sharedPrefix = (prefix: string): string => `${prefix}s`;

/** The character that is appended to lengthen a canary. */
const PADDING = 'x';

/** Returns the canary, padded to at least `size` characters. */
export const padded = (canary: string, size: number): string => canary.padEnd(size, PADDING);

/** Returns a function that removes the padding of a canary, even if it was cut off. Other texts stay as they are. */
export function unpadder(prefix: string): (text: string) => string {
  const canary = new RegExp(`^(${prefix}s?\\.[\\w-]+\\.[\\w-]+\\.\\d+\\.[0-9a-z]{8})${PADDING}+$`);
  return text =>
    text.endsWith(PADDING) && text.startsWith(prefix) ? (canary.exec(text)?.[1] ?? text) : text;
}

/** Upper limit of a canary's length, in characters. */
const LONGEST = 256;

/**
 * Returns a function that finds all canaries of the run in a text. Equal canaries in a row count once. Searches for the
 * prefix first, because in k6 a regular expression is slow on a whole page.
 */
export function canaryFinder(prefix: string): (text: string) => string[] {
  const canary = new RegExp(`^${prefix}\\.[\\w-]+\\.[\\w-]+\\.\\d+\\.[0-9a-z]{8}`);
  /** The canaries of the last text that had any. The next text usually has the same ones in the same order. */
  let before: readonly string[] = [];
  return text => {
    const found: string[] = [];
    let last = '';
    let next = 0;
    for (let at = text.indexOf(prefix); at !== -1; at = text.indexOf(prefix, at + 1)) {
      // A page shows a value several times in a row: as text, in a form, in a label.
      if (last !== '' && text.startsWith(last, at)) continue;
      const known = before[next];
      if (known !== undefined && text.startsWith(known, at)) {
        last = known;
        next++;
      } else {
        const match = canary.exec(text.slice(at, at + LONGEST));
        if (match === null) continue;
        last = match[0];
        next = before.indexOf(last) + 1;
      }
      found.push(last);
    }
    if (found.length > 0) before = found.slice();
    return found;
  };
}

/** Returns the label of the canary's user; undefined if the value is not a canary of the run. */
export function canaryOwner(value: string, prefix: string): string | undefined {
  return value.startsWith(`${prefix}.`) ? value.slice(prefix.length + 1).split('.')[0] : undefined;
}

/** Returns the session of a canary. The value must be a canary of the run. */
export const canarySession = (value: string, prefix: string): string | undefined =>
  value.slice(prefix.length + 1).split('.')[1];

/** Returns the prefix of all canaries of one user. */
export const ownCanaries = (prefix: string, user: string): string => `${prefix}.${user}.`;

/** Returns the first canary that is not of this user. @param own prefix of all canaries of the user */
export function foreignCanary(
  values: readonly string[] = [],
  prefix: string,
  own: string,
): string | undefined {
  // A loop with an index: most reads show only one new value, and in k6 an iterator costs more than that.
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string;
    if (!value.startsWith(own) && canaryOwner(value, prefix) !== undefined) return value;
  }
  return undefined;
}
