/**
 * `baton zoo run` with `--all` or `--disturbed`: runs all deployments of the zoo, and counts in how many runs Baton
 * finds each defect.
 */
import { appendFile, readFile } from 'node:fs/promises';
import { writeDocs } from '../../zoo/docs.ts';
import type { ZooEntry } from '../../zoo/entry.ts';
import { ENTRIES } from '../../zoo/index.ts';
import {
  lineOf,
  type Measured,
  nothing,
  outcome as outcomeLine,
  outcomeOf,
  summary,
  type TrialOutcome,
  take,
} from '../../zoo/measure.ts';
import { passed, type TrialOptions, trial, verdictOn } from '../../zoo/run.ts';
import { COMMAND } from '../core/command.ts';
import { EXIT, UsageError } from '../errors.ts';
import { whole } from './arguments.ts';
import type { OptionValues } from './options.ts';
import type { Output } from './output.ts';

/** The runs of each deployment have the seeds `seed`, `seed` + 1, and so on. */
type Load = TrialOptions & { seed: number; signal: AbortSignal };

interface Task {
  measured: Measured;
  seed: number;
}

/**
 * Runs all deployments with the first seed, then with the second seed, and so on. Returns the exit code: 0 if all
 * verdicts are as expected.
 */
export async function measure(values: OptionValues<'zoo'>, output: Output, load: Load): Promise<number> {
  const { tally } = values;
  const runs = runsOf(values);
  const atOnce = whole('--at-once', values['at-once'], 1, 64);
  const all = ENTRIES.filter(({ faults }) => !values.disturbed || faults !== undefined).map(nothing);
  const done = tally === undefined ? [] : await outcomesIn(tally);
  for (const outcome of done) {
    const measured = all.find(({ entry }) => entry.name === outcome.entry);
    if (measured !== undefined) take(measured, outcome);
  }
  const tasks = tasksOf(all, runs, load.seed, done);
  let failed = 0;
  const worker = async (): Promise<void> => {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      if (!(await perform(task, load, tally, output))) failed++;
      const { measured } = task;
      if (measured.trials === runs.of(measured.entry)) output.result.write(`${lineOf(measured)}\n`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  output.result.write(`\n${summary(all.filter(({ trials }) => trials > 0))}\n`);
  const which = `${values.disturbed ? '--disturbed' : '--all'} ${runs.flags}`;
  const command = `${COMMAND} zoo run ${which}${atOnce === 1 ? '' : ` --at-once ${atOnce}`}`;
  if (values.write) await writeDocs(all, command, new Date().toISOString().slice(0, 10));
  return failed === 0 && all.every(measured => measured.passed === measured.trials)
    ? EXIT.valid
    : EXIT.violated;
}

interface Runs {
  of(entry: ZooEntry): number;
  flags: string;
}

function runsOf(values: OptionValues<'zoo'>): Runs {
  const { runs = '', 'control-runs': control = runs, 'fault-runs': fault = runs } = values;
  const times = {
    defect: whole('--runs', runs, 1, 10_000),
    control: whole('--control-runs', control, 0, 10_000),
    fault: whole('--fault-runs', fault, 0, 10_000),
  };
  const flags = `--runs ${times.defect} --control-runs ${times.control}`;
  if (values.disturbed) return { of: ({ kind }) => times[kind], flags };
  return {
    of: ({ kind, faults }) => times[faults === undefined ? kind : 'fault'],
    flags: `${flags} --fault-runs ${times.fault}`,
  };
}

/** Returns the runs that the tally file does not contain. They have new seeds. */
function tasksOf(all: readonly Measured[], runs: Runs, first: number, done: readonly TrialOutcome[]): Task[] {
  const known = new Set(done.map(({ entry, seed }) => `${entry} ${seed}`));
  const tasks = all.flatMap(measured => {
    const missing: Task[] = [];
    const wanted = runs.of(measured.entry) - measured.trials;
    for (let seed = first; missing.length < wanted; seed++)
      if (!known.has(`${measured.entry.name} ${seed}`)) missing.push({ measured, seed });
    return missing;
  });
  return tasks.sort((a, b) => a.seed - b.seed);
}

async function perform(
  { measured, seed }: Task,
  load: Load,
  tally: string | undefined,
  output: Output,
): Promise<boolean> {
  const { entry } = measured;
  const again = `${entry.name} --seed ${seed}`;
  try {
    const done = await trial(entry, { ...load, seed });
    load.signal.throwIfAborted();
    const outcome = outcomeOf(done, seed);
    take(measured, outcome);
    if (tally !== undefined) await appendFile(tally, `${JSON.stringify(outcome)}\n`);
    if (!passed(done)) output.progress.write(`${again}: ${verdictOn(done)} ${done.folder}\n`);
    return true;
  } catch (error) {
    load.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    output.progress.write(`${again}: could not be run, and is not counted: ${reason}\n`);
    return false;
  }
}

async function outcomesIn(tally: string): Promise<TrialOutcome[]> {
  const text = await readFile(tally, 'utf8').catch(error => {
    if (error.code === 'ENOENT') return '';
    throw new UsageError(`--tally: ${tally}: expected a file that can be read (${error.code})`);
  });
  return text.split('\n').flatMap((line, i) => {
    if (line === '') return [];
    const parsed = outcomeLine.safeParse(json(line));
    if (parsed.success) return [parsed.data];
    throw new UsageError(
      `--tally: ${tally}, line ${i + 1}: expected a line that \`${COMMAND} zoo run --all --tally\` wrote; name another file, or delete the line`,
    );
  });
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
