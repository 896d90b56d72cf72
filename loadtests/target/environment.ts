export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a whole number. Returns undefined if the variable is not set.
 * @param least minimum value
 */
export function whole(environment: Environment, name: string, least: number): number | undefined {
  const text = environment[name];
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,15}$/.test(text) && Number(text) >= least) return Number(text);
  throw new Error(`${name}: expected a whole number from ${least} on, got ${JSON.stringify(text)}`);
}

/** Returns true if a variable is set and its value is neither `0` nor `false`. */
export const isOn = (environment: Environment, name: string): boolean =>
  !['', '0', 'false'].includes(environment[name] ?? '');

/** Returns an address without a slash at its end. */
export function address(text: string): string {
  if (/^https?:\/\/[^/?#\s]+\/?$/.test(text)) return text.replace(/\/$/, '');
  throw new Error(`BASE_URL: expected an address such as http://127.0.0.1:8080, got ${JSON.stringify(text)}`);
}

/** Maximum number of instances. Each instance adds time series to every output of k6. */
const MOST_INSTANCES = 64;

/** Parses a list of instance names, or a number: 2 stands for app-1 and app-2. */
export function instancesOf(text: string): string[] {
  const names = /^\d{1,4}$/.test(text)
    ? Array.from({ length: Number(text) }, (_, i) => `app-${i + 1}`)
    : text.split(',').map(name => name.trim());
  // Any other character could end the tag in a k6 threshold: metric{tag:value}.
  const good = names.every(name => /^[\w.-]+$/.test(name)) && new Set(names).size === names.length;
  if (good && names.length > 0 && names.length <= MOST_INSTANCES) return names;
  throw new Error(
    `INSTANCES: expected the names of 1 to ${MOST_INSTANCES} different instances (letters, digits, . _ -), ` +
      `as in app-1,app-2, or a number, got ${JSON.stringify(text)}`,
  );
}

/** Environment variables that the command for a repeated run includes, if they are set. */
const SHOWN = ['BASE_URL', 'USERS', 'VUS', 'RATE', 'DURATION', 'INSTANCES', 'ACCOUNT', 'SESSIONS', 'THINK'];

/** Returns a command that repeats the run with the same random choices. Contains no passwords. */
export function replayOf(environment: Environment, script: string, seed: number): string {
  const shown = SHOWN.filter(name => environment[name]).map(name => `${name}=${environment[name]} `);
  const target = environment['TARGET'] ? 'TARGET="$(npx baton-verify k6 …)" ' : '';
  return `${target}${shown.join('')}SEED=${seed} k6 run loadtests/${script}.ts`;
}
