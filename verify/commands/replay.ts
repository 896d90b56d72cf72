/** Creates the command that repeats a run, without secrets. Reports show it as "see it again". */
import { COMMAND } from '../core/command.ts';
import type { OptionValues } from './options.ts';
import type { Option } from './tables/shared.ts';
import { TABLES } from './tables.ts';

const STACK_VARIABLES =
  /^(STACK_|SESSION_|BASKET_STORE$|PAYMENT_MS$|STORE_TIMEOUT_MS$|SCRYPT_COST$|FIXTURE_USERS$)/;
const SECRET = /SECRET|PASSW|TOKEN/;
/** Options that the repeated command omits, because they do not change the load. The seed is added separately. */
const NOT_REPEATED = [
  'k6',
  'seed',
  'out',
  'baseline',
  'update-baseline',
  'json',
  'report',
  'brief',
  'quiet',
  'ui',
  'metrics',
];

/** Returns the environment variables of the bundled stack and its app. */
export const passedOn = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => STACK_VARIABLES.test(entry[0]) && entry[1] !== undefined,
    ),
  );

/** Returns a command such as `PASSWORD=… npx …`, in which the user replaces each `…`. */
export const withVariables = (names: readonly string[], command: string): string =>
  names.map(name => `${name}=… `).join('') + command;

/**
 * Returns the command that repeats a run, with all options that differ from their defaults.
 *
 * @param variables environment variables of the target file, such as passwords
 */
export function replay({
  file,
  values,
  seed,
  variables,
}: {
  file: string | undefined;
  values: OptionValues<'verify'>;
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
    ([name, value]) => !NOT_REPEATED.includes(name) && value !== options[name]?.default,
  );
  const flags = given.map(([name, value]) =>
    value === true ? ` --${name}` : ` --${name} ${quoted(`${value}`)}`,
  );
  const words = file === undefined ? '' : ` ${quoted(file)}`;
  return withVariables(named, `${stack.join('')}${COMMAND} verify${words}${flags.join('')} --seed ${seed}`);
}

const quoted = (text: string): string =>
  /^[\w.,:=/@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
