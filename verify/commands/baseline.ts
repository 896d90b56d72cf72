/** `--baseline FILE` and `--update-baseline` of verify and check. */
import { existsSync } from 'node:fs';
import { formatBaseline, runsIn } from '../baseline.ts';
import { type Comparison, compare } from '../core/compare/compare.ts';
import { type Digest, digestOf } from '../core/compare/digest.ts';
import type { Result } from '../core/result.ts';
import type { Judgement } from '../core/verdict.ts';
import { UsageError } from '../errors.ts';
import type { Values } from './options.ts';
import type { Output } from './output.ts';
import { write } from './reports.ts';

export interface Baseline {
  file: string;
  /** Absent when the file is about to be made. */
  runs: Digest[] | undefined;
  update: boolean;
}

/**
 * @returns undefined when none is asked for
 * @throws UsageError before anything is run
 */
export async function baselineOf(
  values: Pick<Values<'check'>, 'baseline' | 'update-baseline'>,
): Promise<Baseline | undefined> {
  const { baseline: file, 'update-baseline': update } = values;
  if (file === undefined) {
    if (update) throw new UsageError('--update-baseline: expected --baseline FILE too, the file to write');
    return undefined;
  }
  if (update && !existsSync(file)) return { file, runs: undefined, update };
  if (!existsSync(file)) {
    throw new UsageError(`--baseline: there is no ${file}; make it from a good run with --update-baseline`);
  }
  return { file, runs: await runsIn(file), update };
}

export function compareWith(baseline: Baseline | undefined, result: Result): Comparison | undefined {
  if (baseline?.runs === undefined) return undefined;
  return compare(baseline.runs, [digestOf(result, revisionOf(process.env))]);
}

/** What a comparison adds to the verdict: nothing, where the run is to be the new measure. */
export const judgementsOf = (
  baseline: Baseline | undefined,
  comparison: Comparison | undefined,
): Judgement[] => (comparison === undefined || baseline?.update === true ? [] : [comparison.judgement]);

/** Only what is good becomes a baseline. */
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

/** As GitHub, GitLab, Jenkins and Azure tell a job the commit that it is about. */
const revisionOf = (environment: NodeJS.ProcessEnv): string | undefined =>
  ['GITHUB_SHA', 'CI_COMMIT_SHA', 'GIT_COMMIT', 'BUILD_SOURCEVERSION']
    .map(name => environment[name])
    .find(value => value !== undefined && value !== '');
