#!/usr/bin/env node
import { fromCheckout } from './commands/checkout.ts';
import type { Values } from './commands/options.ts';
import type { Output } from './commands/output.ts';
/** The `baton` command: reads argv, prints, decides the exit code. Nothing else in verify/ does any of these. */
import { COMMAND } from './core/command.ts';
import { EXIT, isBatonError, UsageError } from './errors.ts';
import { nodeComplaint } from './node-version.ts';

const { stdout, stderr } = process;
const output: Output = {
  result: stdout,
  progress: stderr,
  colour: stdout.isTTY === true && !process.env['NO_COLOR'],
};

type Command = (words: readonly string[], values: Values) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = {
  verify: async (words, values) =>
    (await import('./commands/verify.ts')).verifyCommand(only('verify', words), values, output),
  init: async (words, values) =>
    (await import('./commands/init.ts')).initCommand(only('init', words), values, output),
  check: async (words, values) => (await import('./commands/check.ts')).checkCommand(words, values, output),
  compare: async (words, values) =>
    (await import('./commands/compare.ts')).compareCommand(words, values, output),
  zoo: async (words, values) =>
    (await fromCheckout('zoo', () => import('./commands/zoo.ts'))).zooCommand(words, values, output),
  stack: async (words, values) =>
    (await fromCheckout('stack', () => import('./commands/stack.ts'))).stackCommand(words, values, output),
  explain: async words =>
    (await import('./commands/explain.ts')).explainCommand(only('explain', words) ?? '', output),
  doctor: async (words, values) =>
    (await import('./commands/doctor.ts')).doctorCommand(only('doctor', words), values, output),
  k6: async words => (await import('./commands/k6.ts')).k6Command(only('k6', words), output),
};

function only(command: string, words: readonly string[]): string | undefined {
  if (words.length > 1)
    throw new UsageError(`expected one argument after ${command}, got ${words.length}\nSee: ${COMMAND} help`);
  return words[0];
}

/** @returns the exit code */
async function main(argv: readonly string[]): Promise<number> {
  const complaint = nodeComplaint(process.versions.node, process.execPath);
  if (complaint !== undefined) throw new UsageError(complaint);
  // Node keeps what is compiled after this for the next command. Compiling is most of the time of a short command.
  (await import('node:module')).enableCompileCache();
  const { parse, USAGE } = await import('./commands/options.ts');
  const { values, positionals } = parse(argv);
  if (/\.([cm]?[jt]s|ya?ml|json)$/.test(positionals[0] ?? '')) positionals.unshift('verify');
  const [name = 'help', ...words] = positionals;
  if (values.help || name === 'help') {
    stdout.write(USAGE);
    return EXIT.valid;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined)
    throw new UsageError(
      `unknown command "${name}": expected ${Object.keys(COMMANDS).join(', ')} or help\nSee: ${COMMAND} help`,
    );
  return command(words, values);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const known = isBatonError(error);
  stderr.write(known ? `baton: ${error.message}\n` : `baton: internal error: ${(error as Error).stack}\n`);
  process.exitCode = known ? error.exitCode : EXIT.internal;
}
