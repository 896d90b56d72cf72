/** Canaries: unguessable values that their user puts into private state, so that a foreign one is recognised. */

/** `<prefix>.<user>.<session>.<number>.<random>`; fits what apps accept as a short text. */
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

/** Returns the prefix of values that all users may see: they are values of the run, and no canaries. */
export const sharedPrefix = (prefix: string): string => `${prefix}s`;

/** What makes a canary as long as is wanted. */
const PADDING = 'x';

/** @param size characters that the text is to have at the least */
export const padded = (canary: string, size: number): string => canary.padEnd(size, PADDING);

/**
 * @returns what tells of any text of an app which canary it is, padded or cut: an app that keeps so many characters of
 *   a text has kept it
 */
export function unpadder(prefix: string): (text: string) => string {
  const canary = new RegExp(`^(${prefix}s?\\.[\\w-]+\\.[\\w-]+\\.\\d+\\.[0-9a-z]{8})${PADDING}+$`);
  return text =>
    text.endsWith(PADDING) && text.startsWith(prefix) ? (canary.exec(text)?.[1] ?? text) : text;
}

/** More than the longest canary has. */
const LONGEST = 256;

/**
 * @returns what finds every canary of a run in a text, those that follow each other once. It looks only where the prefix stands: in k6 an expression
 *   takes long over a page, and most texts have no canary at all.
 */
export function canaryFinder(prefix: string): (text: string) => string[] {
  const canary = new RegExp(`^${prefix}\\.[\\w-]+\\.[\\w-]+\\.\\d+\\.[0-9a-z]{8}`);
  /** Those of the last text that had any: the next one mostly has the same, in that order. */
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

/** @returns the user whose canary this is; undefined when the value is no canary of the run */
export function canaryOwner(value: string, prefix: string): string | undefined {
  return value.startsWith(`${prefix}.`) ? value.slice(prefix.length + 1).split('.')[0] : undefined;
}

/** @returns the session whose canary this is, of a value that is a canary of the run */
export const canarySession = (value: string, prefix: string): string | undefined =>
  value.slice(prefix.length + 1).split('.')[1];

/** @returns what every canary of one user begins with */
export const ownCanaries = (prefix: string, user: string): string => `${prefix}.${user}.`;
