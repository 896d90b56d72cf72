/** Parses the arguments of a command, and creates the help texts. */
import { parseArgs } from 'node:util';
import { COMMAND } from '../core/command.ts';
import { EXIT, EXIT_MEANS, UsageError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { wrap } from '../reports/wrap.ts';
import type { Option, Table } from './tables/shared.ts';
import { TABLES } from './tables.ts';

export type CommandName = keyof typeof TABLES;

export type OptionValues<Name extends CommandName> = ReturnType<
  typeof parseArgs<{ options: (typeof TABLES)[Name]['options']; allowPositionals: true }>
>['values'];

const CODES = (Object.keys(EXIT) as (keyof typeof EXIT)[]).map(
  name => [EXIT[name], EXIT_MEANS[name]] as const,
);
const code = ([number, means]: readonly [number, string]): string => `${number} ${means}`;
const EXIT_CODES =
  `exit code   ${CODES.filter(([number]) => number < 64)
    .map(code)
    .join('   ')}\n` +
  `            ${CODES.filter(([number]) => number >= 64)
    .map(code)
    .join('   ')}\n`;
const HELP = { type: 'boolean', short: 'h', default: false } as const;
const NAMES = Object.keys(TABLES) as CommandName[];
const WIDTH = 100;

export const isCommand = (name: string): name is CommandName => Object.hasOwn(TABLES, name);

/**
 * Parses the arguments of a command. Returns undefined for --help.
 *
 * @throws UsageError for an unknown option, or too many arguments
 */
export function parse<Name extends CommandName>(
  name: Name,
  argv: readonly string[],
): { words: string[]; values: OptionValues<Name> } | undefined {
  const { options, most }: Table = TABLES[name];
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...argv], options: { ...options, help: HELP }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${name}: ${wrongOption(name, error as Error)}\nSee: ${COMMAND} ${name} --help`);
  }
  const { help, ...values } = parsed.values;
  if (help === true) return undefined;
  if (parsed.positionals.length > most)
    throw new UsageError(
      `expected ${['no argument', 'one argument'][most] ?? `at most ${most} arguments`} after ${name}, ` +
        `got ${parsed.positionals.join(' ')}\nSee: ${COMMAND} ${name} --help`,
    );
  return { words: parsed.positionals, values: values as OptionValues<Name> };
}

function wrongOption(name: CommandName, error: Error): string {
  const [, option] = /^Unknown option '--?([^']+)'/.exec(error.message) ?? [];
  if (option === undefined) return error.message;
  const others = NAMES.filter(other => Object.hasOwn(TABLES[other].options, option));
  if (others.length > 0)
    return `unknown option --${option}: an option of ${others.join(', ')}, not of ${name}`;
  const known = Object.keys(TABLES[name].options);
  return `unknown option --${option}${
    known.length === 0
      ? `: ${name} has none`
      : nearest(
          `--${option}`,
          known.map(one => `--${one}`),
        )
  }`;
}

export function unknownCommand(name: string): never {
  const known = [...NAMES, 'help'];
  const what = name.startsWith('-')
    ? `expected a command before ${name}: one of ${known.join(', ')}`
    : `unknown command "${name}"${nearest(name, known)}`;
  throw new UsageError(`${what}\nSee: ${COMMAND} help`);
}

/** Returns the text of `baton help`. */
export function usage(): string {
  const rows = NAMES.map(name => row(`  ${name} ${TABLES[name].words}`, TABLES[name].does, 25));
  return (
    `Baton proves that web sessions survive the load balancer.\n\nusage: ${COMMAND} COMMAND\n\n${rows.join('')}` +
    `\nCOMMAND --help lists the options of a command (docs/commands.md).\n\n${EXIT_CODES}`
  );
}

/** Returns the text of `baton COMMAND --help`. */
export function usageOf(name: CommandName): string {
  const { words, does, options }: Table = TABLES[name];
  const rows = Object.entries(options).map(([option, of]) =>
    row(`  ${shown(option, of)}`, of.does + standard(of), 24),
  );
  const list = rows.length === 0 ? '' : `\noptions\n${rows.join('')}`;
  const about = wrap(sentence(does), WIDTH).join('\n');
  return `usage: ${`${COMMAND} ${name} ${words}`.trim()}\n\n${about}\n${list}\n${EXIT_CODES}`;
}

export function commandsPage(): string {
  const parts = NAMES.map(name => {
    const { words, does, page, options }: Table = TABLES[name];
    const rows = Object.entries(options).map(
      ([option, of]) =>
        `| \`${shown(option, of).replaceAll('|', '\\|')}\` | ${cell(of.does + standard(of))} |\n`,
    );
    const list = rows.length === 0 ? '' : `\n| option | |\n|---|---|\n${rows.join('')}`;
    const more = page === undefined ? '' : ` More: [${page}](${page}).`;
    return `## ${name}\n\n\`${`${COMMAND} ${name} ${words}`.trim()}\`\n\n${cell(sentence(does))}.${more}\n${list}`;
  });
  return (
    '# Commands\n\nThe commands and their options, as `--help` lists them. A command rejects options that it does not have.\n' +
    `How to install \`${COMMAND}\`: see the [README](../README.md#use-it).\n\n${parts.join('\n')}\n## Exit codes\n\n| code | meaning |\n|---|---|\n` +
    CODES.map(([number, means]) => `| ${number} | ${means} |\n`).join('')
  );
}

const shown = (option: string, { value }: Option): string =>
  `--${option}${value === undefined ? '' : ` ${value}`}`;
const standard = ({ default: value }: Option): string => (typeof value === 'string' ? ` (${value})` : '');
const sentence = (does: string): string => does.charAt(0).toUpperCase() + does.slice(1);
/** Escapes a text for a Markdown table, and links files in docs/. */
const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll(/\bdocs\/([\w-]+\.(?:md|schema\.json))/g, '[$1]($1)');

function row(name: string, text: string, column: number): string {
  const lines = wrap(text, WIDTH - column);
  const [first = '', ...rest] =
    name.length < column - 1 ? [name.padEnd(column) + lines[0], ...lines.slice(1)] : [name, ...lines];
  return `${[first, ...rest.map(line => ' '.repeat(column) + line)].join('\n')}\n`;
}
