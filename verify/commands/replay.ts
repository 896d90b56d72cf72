/** The command that runs a verification again: complete, and without the value of a secret. */
import { COMMAND } from '../core/command.ts';
import type { Values } from './options.ts';
import { type Option, TABLES } from './tables.ts';

/** Variables of the caller's environment that the bundled stack and its app take. */
const STACK_VARIABLES =
  /^(STACK_|SESSION_|BASKET_STORE$|PAYMENT_MS$|STORE_TIMEOUT_MS$|SCRYPT_COST$|FIXTURE_USERS$)/;
const SECRET = /SECRET|PASSW|TOKEN/;
/** Options that say where results go, what they are compared with, or what follows: the run is the same without them. */
const ASIDE = ['k6', 'seed', 'out', 'baseline', 'update-baseline', 'json', 'report', 'brief', 'quiet'];

/** Returns what the bundled stack gets of an environment. */
export const passedOn = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => STACK_VARIABLES.test(entry[0]) && entry[1] !== undefined,
    ),
  );

/** Puts variables before a command, which the caller has to fill in. */
export const withVariables = (names: readonly string[], command: string): string =>
  names.map(name => `${name}=… `).join('') + command;

/**
 * Returns the command with the seed and all that is not the default.
 *
 * @param variables that the target file names: passwords, and whatever else it takes from the environment
 */
export function replay({
  file,
  values,
  seed,
  variables,
}: {
  file: string | undefined;
  values: Values<'verify'>;
  seed: number;
  variables: readonly string[];
}): string {
  const environment = values.stack === undefined ? {} : passedOn(process.env);
  const named = variables.filter(name => environment[name] === undefined);
  const stack = Object.entries(environment).map(
    ([name, value]) => `${name}=${SECRET.test(name) ? '…' : quoted(value)} `,
  );
  const options: Readonly<Record<string, Option>> = TABLES.verify.options;
  const given = Object.entries(values).filter(
    ([name, value]) => !ASIDE.includes(name) && value !== options[name]?.default,
  );
  const flags = given.map(([name, value]) =>
    value === true ? ` --${name}` : ` --${name} ${quoted(`${value}`)}`,
  );
  const words = file === undefined ? '' : ` ${quoted(file)}`;
  return withVariables(named, `${stack.join('')}${COMMAND} verify${words}${flags.join('')} --seed ${seed}`);
}

/** As a shell reads it. */
const quoted = (text: string): string =>
  /^[\w.,:=/@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
