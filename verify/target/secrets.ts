/** Hides passwords and other secrets in texts, such as the output of commands. */
import type { Target } from './load.ts';

export const HIDDEN = '(hidden)';
/** Matches names of headers, form fields, JSON members and variables that hold a secret. */
export const SECRET = /auth|cookie|token|secret|passw|pwd|api[-_]?key|credential/i;

/** Environment variables that contain only the current folder, although their names match SECRET. */
const FOLDERS = ['PWD', 'OLDPWD'];

/** Minimum length of a secret to hide, characters. A shorter text may occur by chance. */
const SHORTEST = 4;

/** Matches secrets by their context, such as `Cookie: …`, `token=…`, and user and password in an address. */
const SHAPES: readonly [RegExp, string][] = [
  [/\b((?:set-)?cookie|authorization)(["']?\s*[:=]\s*).*/gi, `$1$2${HIDDEN}`],
  [
    /\b([\w-]*(?:token|secret|passw(?:or)?d|pwd|api[-_]?key|credentials?|sid|session[-_]?id))(["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&"']+)/gi,
    `$1$2${HIDDEN}`,
  ],
  [/\/\/[^/@\s]+@/g, `//${HIDDEN}@`],
];

/**
 * Returns all texts to hide, the longest first.
 *
 * @param environment environment variables. Values are hidden if their names match SECRET
 */
export function secretsOf({ accounts }: Pick<Target, 'accounts'>, environment: NodeJS.ProcessEnv): string[] {
  const found = new Set(accounts.map(({ password }) => password));
  for (const [name, value] of Object.entries(environment))
    if (SECRET.test(name) && !FOLDERS.includes(name) && value !== undefined) found.add(value);
  return [...found].filter(({ length }) => length >= SHORTEST).sort((a, b) => b.length - a.length);
}

/** Replaces known secrets, and texts that look like secrets, by `(hidden)`. */
export function scrub(text: string, secrets: readonly string[]): string {
  const known = secrets.reduce((left, secret) => left.replaceAll(secret, HIDDEN), text);
  return SHAPES.reduce((left, [shape, instead]) => left.replace(shape, instead), known);
}
