#!/usr/bin/env node
/** The `baton` command. No other file in verify/ prints or exits. */
import { fromCheckout } from './commands/checkout.ts';
import type { CommandName, OptionValues } from './commands/options.ts';
import type { Output } from './commands/output.ts';
import { EXIT, isBatonError, UsageError } from './errors.ts';
import { nodeComplaint } from './node-version.ts';

const { stdout, stderr } = process;
// A closed pipe, as in `baton … | head`, is not an error.
for (const stream of [stdout, stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
const output: Output = {
  result: stdout,
  progress: stderr,
  colour: stdout.isTTY === true && !process.env['NO_COLOR'],
};

type Commands = {
  [Name in CommandName]: (words: readonly string[], values: OptionValues<Name>) => Promise<number>;
};

/** Imports a command's modules only when the command runs, so that each command starts fast. */
const COMMANDS: Commands = {
  verify: async ([file], values) =>
    (await import('./commands/verify.ts')).verifyCommand(file, values, output),
  init: async ([url], values) => (await import('./commands/init.ts')).initCommand(url, values, output),
  check: async (words, values) => (await import('./commands/check.ts')).checkCommand(words, values, output),
  compare: async (words, values) =>
    (await import('./commands/compare.ts')).compareCommand(words, values, output),
  runs: async (_, values) => (await import('./commands/runs.ts')).runsCommand(values, output),
  report: async ([run], values) => (await import('./commands/runs.ts')).reportCommand(run, values, output),
  open: async ([run], values) => (await import('./commands/runs.ts')).openCommand(run, values, output),
  zoo: async (words, values) =>
    (await fromCheckout('zoo', () => import('./commands/zoo.ts'))).zooCommand(words, values, output),
  stack: async (_, values) =>
    (await fromCheckout('stack', () => import('./commands/stack.ts'))).stackCommand(values, output),
  explain: async ([name]) => (await import('./commands/explain.ts')).explainCommand(name ?? '', output),
  doctor: async ([file], values) =>
    (await import('./commands/doctor.ts')).doctorCommand(file, values, output),
  gate: async ([file], values) => (await import('./commands/gate.ts')).gateCommand(file, values, output),
  k6: async ([file]) => (await import('./commands/k6.ts')).k6Command(file, output),
};

async function main(argv: readonly string[]): Promise<number> {
  const complaint = nodeComplaint(process.versions, process.execPath);
  if (complaint !== undefined) throw new UsageError(complaint);
  // Without Node's compile cache, short commands spend most of their time on compilation.
  (await import('node:module')).enableCompileCache();
  const { isCommand, unknownCommand, usage, usageOf } = await import('./commands/options.ts');
  const [name = 'help', ...rest] = argv;
  if (['help', '--help', '-h'].includes(name)) {
    const [about] = rest;
    stdout.write(about !== undefined && isCommand(about) ? usageOf(about) : usage());
    return EXIT.valid;
  }
  if (/\.([cm]?[jt]s|ya?ml|json)$/.test(name)) return run('verify', argv);
  return isCommand(name) ? run(name, rest) : unknownCommand(name);
}

async function run<Name extends CommandName>(name: Name, argv: readonly string[]): Promise<number> {
  const { parse, usageOf } = await import('./commands/options.ts');
  const parsed = parse(name, argv);
  if (parsed !== undefined) return COMMANDS[name](parsed.words, parsed.values);
  stdout.write(usageOf(name));
  return EXIT.valid;
}

/** Prints the first error of the command, and sets the exit code. Later errors are often effects of the first one. */
function fail(error: unknown): void {
  if (process.exitCode !== undefined) return;
  const known = isBatonError(error);
  stderr.write(known ? `baton: ${error.message}\n` : `baton: internal error: ${(error as Error).stack}\n`);
  process.exitCode = known ? error.exitCode : EXIT.internal;
}

// Node would exit with code 1, which means that a guarantee is violated.
process.on('uncaughtException', error => {
  fail(error);
  // After an error that a user can correct, the command still ends by itself, for example to stop its servers.
  if (!isBatonError(error)) process.exit();
});
try {
  const code = await main(process.argv.slice(2));
  process.exitCode ??= code;
} catch (error) {
  fail(error);
}
