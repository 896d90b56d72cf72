/** What must not be shown: passwords and whatever else is secret, in texts that others wrote. */
import type { Target } from './load.ts';

export const HIDDEN = '(hidden)';
/** Names of headers, fields, members and variables that hold a secret. */
export const SECRET = /auth|cookie|token|secret|passw|pwd|api[-_]?key|credential/i;

/** These hold the folder that a shell is in. */
const FOLDERS = ['PWD', 'OLDPWD'];

/** Shorter ones are found everywhere, and would hide what is none. */
const SHORTEST = 4;

/** What says by its shape that a secret follows: headers, assignments, and what is before the @ of an address. */
const SHAPES: readonly [RegExp, string][] = [
  [/\b((?:set-)?cookie|authorization)(["']?\s*[:=]\s*).*/gi, `$1$2${HIDDEN}`],
  [
    /\b([\w-]*(?:token|secret|passw(?:or)?d|pwd|api[-_]?key|credentials?|sid|session[-_]?id))(["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&"']+)/gi,
    `$1$2${HIDDEN}`,
  ],
  [/\/\/[^/@\s]+@/g, `//${HIDDEN}@`],
];

/**
 * @param environment the variables of it whose names say so hold secrets too
 * @returns what must be hidden wherever it stands, the longest first
 */
export function secretsOf({ accounts }: Pick<Target, 'accounts'>, environment: NodeJS.ProcessEnv): string[] {
  const found = new Set(accounts.map(({ password }) => password));
  for (const [name, value] of Object.entries(environment))
    if (SECRET.test(name) && !FOLDERS.includes(name) && value !== undefined) found.add(value);
  return [...found].filter(({ length }) => length >= SHORTEST).sort((a, b) => b.length - a.length);
}

/** @returns the text without secrets: neither those that are known nor what looks like one */
export function scrub(text: string, secrets: readonly string[]): string {
  const known = secrets.reduce((left, secret) => left.replaceAll(secret, HIDDEN), text);
  return SHAPES.reduce((left, [shape, instead]) => left.replace(shape, instead), known);
}
