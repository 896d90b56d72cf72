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

/** @returns a pattern (flag g) that finds every canary of a run in a text */
export const canaryPattern = (prefix: string): RegExp =>
  new RegExp(`${prefix}\\.[\\w-]+\\.[\\w-]+\\.\\d+\\.[0-9a-z]{8}`, 'g');

/** @returns the user whose canary this is; undefined when the value is no canary of the run */
export function canaryOwner(value: string, prefix: string): string | undefined {
  return value.startsWith(`${prefix}.`) ? value.slice(prefix.length + 1).split('.')[0] : undefined;
}

/** @returns what every canary of one user begins with */
export const ownCanaries = (prefix: string, user: string): string => `${prefix}.${user}.`;
