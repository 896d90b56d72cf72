/** `baton zoo`: lists and runs the broken and healthy deployments of the zoo. */
import { randomInt } from 'node:crypto';
import type { ZooEntry } from '../../zoo/entry.ts';
import { ENTRIES } from '../../zoo/index.ts';
import { passed, trial, verdictOn } from '../../zoo/run.ts';
import { COMMAND } from '../core/command.ts';
import { EXIT, UsageError } from '../errors.ts';
import { wrap } from '../reports/wrap.ts';
import { milliseconds, whole } from './arguments.ts';
import type { OptionValues } from './options.ts';
import { type Output, printResult, widthOf } from './output.ts';
import type { Option } from './tables/shared.ts';
import { TABLES } from './tables.ts';
import { measure } from './zoo-all.ts';

/**
 * Runs `baton zoo`. Returns the exit code: 0 if all verdicts are as expected.
 *
 * @param words none, `run NAME`, or only `run` with --all or --disturbed
 */
export async function zooCommand(
  words: readonly string[],
  values: OptionValues<'zoo'>,
  output: Output,
): Promise<number> {
  const [verb, name, ...more] = words;
  if (verb === undefined) return list(output);
  if (verb !== 'run' || more.length > 0 || (name === undefined) !== (values.all || values.disturbed))
    throw new UsageError(
      `zoo: expected "${COMMAND} zoo", "zoo run NAME", "zoo run --all" or "zoo run --disturbed"`,
    );
  const many = SERIES.find(option => values[option] !== undefined && values[option] !== defaultOf(option));
  if (many !== undefined && name !== undefined)
    throw new UsageError(
      `zoo run ${name}: --${many} applies only to --all and --disturbed, which run many entries: leave out the name or --${many}`,
    );
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => abort.abort());
  try {
    return name === undefined
      ? await measure(values, output, load(values, seedOf(values), abort.signal))
      : await runOne(entryNamed(name), values, output, abort.signal);
  } catch (error) {
    if (abort.signal.aborted) return EXIT.interrupted;
    throw error;
  }
}

const SERIES = ['runs', 'control-runs', 'fault-runs', 'at-once', 'tally', 'write'] as const;

const defaultOf = (option: keyof OptionValues<'zoo'>): unknown =>
  (TABLES.zoo.options as Readonly<Record<string, Option>>)[option]?.default;

function list(output: Output): number {
  const names = Math.max(...ENTRIES.map(({ name }) => name.length));
  for (const entry of ENTRIES) {
    const says = entry.kind === 'defect' ? `breaks ${entry.must.guarantee}` : 'healthy';
    output.result.write(`${entry.name.padEnd(names)}  ${says}\n`);
  }
  output.result.write(`\nOne of them: ${COMMAND} zoo run NAME\n`);
  return EXIT.valid;
}

function entryNamed(name: string): ZooEntry {
  const entry = ENTRIES.find(candidate => candidate.name === name);
  if (entry === undefined) throw new UsageError(`zoo run: there is no ${name}. See: ${COMMAND} zoo`);
  return entry;
}

const load = (values: OptionValues<'zoo'>, seed: number, signal: AbortSignal) => ({
  seed,
  sessions: whole('--sessions', values.sessions, 1, 10_000),
  duration: milliseconds(values.duration),
  out: values.out,
  signal,
});

const seedOf = ({ seed }: OptionValues<'zoo'>): number =>
  seed === undefined ? randomInt(2 ** 31) : whole('--seed', seed, 0, Number.MAX_SAFE_INTEGER);

async function runOne(
  entry: ZooEntry,
  values: OptionValues<'zoo'>,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const print = (title: string, text: string): void => {
    const lines = wrap(text, Math.max(40, widthOf(output) - 2));
    output.result.write(`${title}\n${lines.map(line => `  ${line}\n`).join('')}\n`);
  };
  if (entry.kind === 'defect') {
    print(`${entry.name}: what is broken`, entry.broken);
    print('Where it occurred', `${entry.wild} ${entry.references.join(', ')}.`);
  } else print(`${entry.name}: healthy`, entry.sound);
  const done = await trial(entry, {
    ...load(values, seedOf(values), signal),
    onStep: message => {
      if (!values.quiet) output.progress.write(`${message}\n`);
    },
  });
  printResult(done.result, values, output);
  if (entry.kind === 'defect') print('How to mend it', entry.remedy);
  output.result.write(`${verdictOn(done)}\n`);
  output.progress.write(`history: ${done.folder}\n`);
  return passed(done) ? EXIT.valid : EXIT.violated;
}
