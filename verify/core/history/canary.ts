/** Makes and recognises canaries: private values of a user, which prove a leak if a different user sees them. */

/** Returns a canary: `<prefix>.<user>.<session>.<number>.<random>`, short enough for a text field of most apps. */
export function canaryOf(parts: {
  prefix: string;
  user: string;
  session: string;
  number: number;
  /** A random number: 0 ≤ random < 1. */
  random: number;
}): string {
  const tail = Math.floor(parts.random * 36 ** 8)
    .toString(36)
    .padStart(8, '0');
  return `${parts.prefix}.${parts.user}.${parts.session}.${parts.number}.${tail}`;
}

/** Returns the prefix of values that are written into data of all users. Such values are no canaries. */
export const sharedPrefix = (prefix: string): string => `${prefix}s`;

const PADDING = 'x';

export const padded = (canary: string, size: number): string => canary.padEnd(size, PADDING);

export function unpadder(prefix: string): (text: string) => string {
  const canary = new RegExp(`^(${prefix}s?\\.[\\w-]+\\.[\\w-]+\\.\\d+\\.[0-9a-z]{8})${PADDING}+$`);
  return text =>
    text.endsWith(PADDING) && text.startsWith(prefix) ? (canary.exec(text)?.[1] ?? text) : text;
}

const LONGEST = 256;

/** Returns a function that finds the canaries in a text, and counts consecutive equal canaries once. */
export function canaryFinder(prefix: string): (text: string) => string[] {
  const canary = new RegExp(`^${prefix}\\.[\\w-]+\\.[\\w-]+\\.\\d+\\.[0-9a-z]{8}`);
  /** Canaries of the previous text. The next text often has the same ones, and comparing is faster than searching. */
  let before: readonly string[] = [];
  return text => {
    const found: string[] = [];
    let last = '';
    let next = 0;
    for (let at = text.indexOf(prefix); at !== -1; at = text.indexOf(prefix, at + 1)) {
      // A page shows a value several times in a row, for example as text and in a form.
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

export function canaryOwner(value: string, prefix: string): string | undefined {
  return value.startsWith(`${prefix}.`) ? value.slice(prefix.length + 1).split('.')[0] : undefined;
}

export const canarySession = (value: string, prefix: string): string | undefined =>
  value.slice(prefix.length + 1).split('.')[1];

export const ownCanaries = (prefix: string, user: string): string => `${prefix}.${user}.`;

/** Returns the first canary of another user. @param own the prefix of this user's canaries */
export function foreignCanary(
  values: readonly string[] = [],
  prefix: string,
  own: string,
): string | undefined {
  // Uses an index, because iterators are slow in k6.
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string;
    if (!value.startsWith(own) && canaryOwner(value, prefix) !== undefined) return value;
  }
  return undefined;
}
