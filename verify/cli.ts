#!/usr/bin/env node
/** The `baton` command: reads argv, prints, decides the exit code. Nothing else in verify/ does any of these. */
import { checkCommand } from './commands/check.ts';
import { fromCheckout } from './commands/checkout.ts';
import { compareCommand } from './commands/compare.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { initCommand } from './commands/init.ts';
import { k6Command } from './commands/k6.ts';
import { parse, TARGET, USAGE } from './commands/options.ts';
import type { Output } from './commands/output.ts';
import { verifyCommand } from './commands/verify.ts';
import { EXIT, isBatonError, UsageError } from './errors.ts';

const { stdout, stderr } = process;
const output: Output = {
  result: stdout,
  progress: stderr,
  colour: stdout.isTTY === true && !process.env['NO_COLOR'],
};

/** @returns the exit code */
async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  if (/\.([cm]?[jt]s|ya?ml|json)$/.test(positionals[0] ?? '')) positionals.unshift('verify');
  const [command = 'help', argument, ...more] = positionals;
  if (values.help || command === 'help') {
    stdout.write(USAGE);
    return EXIT.valid;
  }
  if (command === 'zoo') {
    const { zooCommand } = await fromCheckout('zoo', () => import('./commands/zoo.ts'));
    return zooCommand(positionals.slice(1), values, output);
  }
  if (command === 'stack') {
    const { stackCommand } = await fromCheckout('stack', () => import('./commands/stack.ts'));
    return stackCommand(positionals.slice(1), values, output);
  }
  if (command === 'check') return checkCommand(positionals.slice(1), values, output);
  if (command === 'compare') return compareCommand(positionals.slice(1), values, output);
  if (more.length > 0)
    throw new UsageError(`expected one argument after ${command}, got ${more.length + 1}\nSee: baton help`);
  if (command === 'verify') return verifyCommand(argument, values, output);
  if (command === 'init') return initCommand(argument, values, output);
  if (command === 'explain') return explainCommand(argument ?? '', output);
  if (command === 'doctor') return doctorCommand(argument, values, output);
  if (command === 'k6') return k6Command(argument ?? TARGET, output);
  throw new UsageError(
    `unknown command "${command}": expected verify, init, check, compare, zoo, stack, explain, doctor, k6 or help\nSee: baton help`,
  );
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const known = isBatonError(error);
  stderr.write(known ? `baton: ${error.message}\n` : `baton: internal error: ${(error as Error).stack}\n`);
  process.exitCode = known ? error.exitCode : EXIT.internal;
}
