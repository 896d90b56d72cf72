/** Handles the options `--baseline FILE` and `--update-baseline`. */
import { existsSync } from 'node:fs';
import { formatBaseline, runsIn } from '../baseline.ts';
import { type Comparison, compare } from '../core/compare/compare.ts';
import { type Digest, digestOf } from '../core/compare/digest.ts';
import type { Result } from '../core/result/result.ts';
import type { Judgement } from '../core/result/verdict.ts';
import { UsageError } from '../errors.ts';
import type { OptionValues } from './options.ts';
import type { Output } from './output.ts';
import { write } from './reports.ts';

export interface Baseline {
  file: string;
  /** Runs in the baseline file; undefined if the file does not exist. */
  runs: Digest[] | undefined;
  update: boolean;
}

/** Reads the baseline before the run, so that the user learns of a wrong file at once. */
export async function baselineOf(
  values: Pick<OptionValues<'check'>, 'baseline' | 'update-baseline'>,
): Promise<Baseline | undefined> {
  const { baseline: file, 'update-baseline': update } = values;
  if (file === undefined) {
    if (update) throw new UsageError('--update-baseline: expected --baseline FILE too, the file to write');
    return undefined;
  }
  if (update && !existsSync(file)) return { file, runs: undefined, update };
  if (!existsSync(file)) {
    throw new UsageError(
      `--baseline: expected a file, found no ${file}: make it from a good run with --update-baseline`,
    );
  }
  return { file, runs: await runsIn(file), update };
}

export function compareWith(baseline: Baseline | undefined, result: Result): Comparison | undefined {
  if (baseline?.runs === undefined) return undefined;
  return compare(baseline.runs, [digestOf(result, revisionOf(process.env))]);
}

/**
 * Returns a list with the verdict of the comparison. The list is empty if nothing was compared, or with
 * --update-baseline.
 */
export const judgementsOf = (
  baseline: Baseline | undefined,
  comparison: Comparison | undefined,
): Judgement[] => (comparison === undefined || baseline?.update === true ? [] : [comparison.judgement]);

/** Returns the comparison for reports; undefined with --update-baseline, because this run becomes the baseline. */
export const comparisonForReports = (
  baseline: Baseline | undefined,
  comparison: Comparison | undefined,
): { comparison: Comparison | undefined; base: readonly Digest[] } =>
  baseline?.update === true
    ? { comparison: undefined, base: [] }
    : { comparison, base: baseline?.runs ?? [] };

/** Writes this run as the new baseline if --update-baseline is given and the run is valid and complete. */
export async function updateBaseline(
  baseline: Baseline | undefined,
  result: Result,
  output: Output,
): Promise<void> {
  if (baseline?.update !== true) return;
  if (result.judgement !== 'valid' || result.finished !== 'complete') {
    output.progress.write(`baseline not written: the run is ${result.judgement}, ${result.finished}\n`);
    return;
  }
  await write(baseline.file, formatBaseline([digestOf(result, revisionOf(process.env))]));
  output.progress.write(`baseline: ${baseline.file}\n`);
}

/** GitHub, GitLab, Jenkins and Azure store the hash of the tested commit in the environment. */
const revisionOf = (environment: NodeJS.ProcessEnv): string | undefined =>
  ['GITHUB_SHA', 'CI_COMMIT_SHA', 'GIT_COMMIT', 'BUILD_SOURCEVERSION']
    .map(name => environment[name])
    .find(value => value !== undefined && value !== '');
