/** Summarises the trials of each deployment in the zoo, and creates the tables for the docs. */
import { z } from 'zod';
import { type Guarantee, isGuarantee } from '../verify/core/result/guarantees.ts';
import type { ZooEntry } from './entry.ts';
import { passed, type Trial } from './run.ts';

/** Outcome of a trial. The file of an interrupted measurement has one outcome per line. */
export const outcome = z.object({
  entry: z.string(),
  seed: z.number(),
  passed: z.boolean(),
  accused: z.array(z.string()),
  unproven: z.array(z.string()),
  reached: z.object({ requests: z.number(), seconds: z.number() }).optional(),
  violated: z.array(z.custom<Guarantee>(name => typeof name === 'string' && isGuarantee(name))),
});

export type TrialOutcome = z.infer<typeof outcome>;

export const outcomeOf = (trial: Trial, seed: number): TrialOutcome => ({
  entry: trial.entry.name,
  seed,
  passed: passed(trial),
  accused: trial.accused,
  unproven: trial.unproven,
  ...(trial.reached && { reached: trial.reached }),
  violated: trial.result.guarantees.filter(v => v.violations > 0).map(({ guarantee }) => guarantee),
});

export interface Measured {
  entry: ZooEntry;
  trials: number;
  passed: number;
  /** Number of trials in which Baton reported a violation that the deployment does not have. */
  accused: number;
  /** Number of trials of a healthy deployment with too little evidence for a claimed guarantee. */
  unknown: number;
  /** Seconds from the first request to the end of the required anomaly, for each trial that showed it. */
  seconds: number[];
  requests: number[];
  /** Key: guarantee; value: number of trials in which the guarantee was violated. */
  violated: Map<Guarantee, number>;
}

export const nothing = (entry: ZooEntry): Measured => ({
  entry,
  trials: 0,
  passed: 0,
  accused: 0,
  unknown: 0,
  seconds: [],
  requests: [],
  violated: new Map(),
});

export function take(
  measured: Measured,
  { passed: well, accused, unproven, reached, violated }: TrialOutcome,
): void {
  measured.trials++;
  if (well) measured.passed++;
  if (accused.length > 0) measured.accused++;
  else if (unproven.length > 0) measured.unknown++;
  if (reached !== undefined) {
    measured.seconds.push(reached.seconds);
    measured.requests.push(reached.requests);
  }
  for (const guarantee of violated)
    measured.violated.set(guarantee, (measured.violated.get(guarantee) ?? 0) + 1);
}

/** Returns the median; of an even number of values, the larger of the two middle values. */
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const shown = (value: number, digits: number): string => (Number.isNaN(value) ? '–' : value.toFixed(digits));

/** Returns the result of a deployment as one line for a terminal. */
export function lineOf({
  entry,
  trials,
  passed: well,
  accused,
  unknown,
  seconds,
  requests,
}: Measured): string {
  const name = entry.name.padEnd(38);
  if (entry.kind === 'control') {
    const rest = `${accused} accused, ${unknown} unknown`;
    return `${well === trials ? '✓' : '✗'} ${name} valid in ${well} of ${trials} runs (${rest})`;
  }
  const when = `median ${shown(median(seconds), 1)} s, ${shown(median(requests), 0)} requests`;
  const wrong = accused > 0 ? `, wrongly accused in ${accused}` : '';
  return `${well === trials ? '✓' : '✗'} ${name} ${entry.must.guarantee}: found in ${seconds.length} of ${trials} (${when})${wrong}`;
}

/**
 * Returns a table of defects by guarantees. ●: the defect must break this guarantee; ○: the defect also broke it; ✗:
 * false accusation. A number follows if a mark does not apply to all trials.
 */
export function matrix(all: readonly Measured[]): string[] {
  const defects = all.filter(({ entry }) => entry.kind === 'defect');
  const broken = [...new Set(defects.flatMap(({ violated }) => [...violated.keys()]))];
  const columns = broken.sort();
  const heads = columns.map((_, i) => String(i + 1));
  return [
    columns.map((guarantee, i) => `${i + 1} \`${guarantee}\``).join(' · '),
    '',
    `| defect | found | median | requests | ${heads.join(' | ')} |`,
    `|---|---|---|---|${columns.map(() => ':-:').join('|')}|`,
    ...defects.map(measured => row(measured, columns)),
  ];
}

function row(
  { entry, trials, seconds, requests, violated }: Measured,
  columns: readonly Guarantee[],
): string {
  const cells = columns.map(guarantee => {
    const times = violated.get(guarantee) ?? 0;
    if (times === 0) return '';
    const mark = markOf(entry, guarantee);
    return times === trials ? mark : `${mark} ${times}`;
  });
  return (
    `| \`${entry.name}\` | ${seconds.length} of ${trials} | ${shown(median(seconds), 1)} s | ` +
    `${shown(median(requests), 0)} | ${cells.join(' | ')} |`
  );
}

function markOf(entry: ZooEntry, guarantee: Guarantee): string {
  if (entry.kind === 'control' || entry.mustNot.includes(guarantee)) return '✗';
  return entry.must.guarantee === guarantee ? '●' : '○';
}

export function controls(all: readonly Measured[]): string[] {
  return [
    '| control | runs | valid | wrongly accused | too little evidence |',
    '|---|---|---|---|---|',
    ...all
      .filter(({ entry }) => entry.kind === 'control')
      .map(
        ({ entry, trials, passed: well, accused, unknown }) =>
          `| \`${entry.name}\` | ${trials} | ${well} | ${accused} | ${unknown} |`,
      ),
  ];
}

/** Returns a sentence with the totals of all deployments, for the README. */
export function summary(all: readonly Measured[]): string {
  const sum = (kind: ZooEntry['kind'], of: (measured: Measured) => number): number =>
    all.filter(({ entry }) => entry.kind === kind).reduce((total, measured) => total + of(measured), 0);
  const defects = all.filter(({ entry }) => entry.kind === 'defect');
  const medians = defects.map(({ seconds }) => median(seconds)).filter(value => !Number.isNaN(value));
  return (
    `${defects.length} broken deployments: the defect was found in ${sum('defect', m => m.seconds.length)} of ` +
    `${sum('defect', m => m.trials)} runs, half of the defects within ${shown(median(medians), 1)} s. ` +
    `Another guarantee was wrongly called violated in ${sum('defect', m => m.accused)} runs. ` +
    `${all.length - defects.length} healthy deployments: wrongly accused in ${sum('control', m => m.accused)} of ` +
    `${sum('control', m => m.trials)} runs.`
  );
}
