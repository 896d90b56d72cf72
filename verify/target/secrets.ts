/** Hides passwords and other secrets in texts, such as the output of commands. */
import type { Target } from './load.ts';

export const HIDDEN = '(hidden)';
/** Matches the names of headers, form fields, JSON members and variables that hold a secret. */
export const SECRET = /auth|cookie|token|secret|passw|pwd|api[-_]?key|credential/i;

/** Environment variables that match SECRET, but hold the current folder of a shell. */
const FOLDERS = ['PWD', 'OLDPWD'];

/**
 * Minimum length of a secret, in characters. A shorter text may occur by chance, and hiding it would hide other text.
 */
const SHORTEST = 4;

/** Patterns of text with a secret: headers, assignments, and the part of an address before the @. */
const SHAPES: readonly [RegExp, string][] = [
  [/\b((?:set-)?cookie|authorization)(["']?\s*[:=]\s*).*/gi, `$1$2${HIDDEN}`],
  [
    /\b([\w-]*(?:token|secret|passw(?:or)?d|pwd|api[-_]?key|credentials?|sid|session[-_]?id))(["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&"']+)/gi,
    `$1$2${HIDDEN}`,
  ],
  [/\/\/[^/@\s]+@/g, `//${HIDDEN}@`],
];

/**
 * Returns the secret texts that must be hidden, the longest first.
 *
 * @param environment environment variables; a variable whose name matches SECRET contains a secret
 */
export function secretsOf({ accounts }: Pick<Target, 'accounts'>, environment: NodeJS.ProcessEnv): string[] {
  const found = new Set(accounts.map(({ password }) => password));
  for (const [name, value] of Object.entries(environment))
    if (SECRET.test(name) && !FOLDERS.includes(name) && value !== undefined) found.add(value);
  return [...found].filter(({ length }) => length >= SHORTEST).sort((a, b) => b.length - a.length);
}

/** Returns the text with all secrets hidden: known secrets, and text that looks like a secret. */
export function scrub(text: string, secrets: readonly string[]): string {
  const known = secrets.reduce((left, secret) => left.replaceAll(secret, HIDDEN), text);
  return SHAPES.reduce((left, [shape, instead]) => left.replace(shape, instead), known);
}
