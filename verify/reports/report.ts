/** Defines the interface of a report, and functions that several reports use. */
import { COMMAND } from '../core/command.ts';
import type { Comparison } from '../core/compare/compare.ts';
import { GUARANTEES, type Guarantee } from '../core/result/guarantees.ts';
import type { Result } from '../core/result/result.ts';
import {
  type Anomaly,
  brokenUnclaimed,
  combine,
  type Judgement,
  type Verdict,
} from '../core/result/verdict.ts';
import { sentence } from './comparison.ts';
import { printable } from './printable.ts';
import type { Side } from './view/chunk.ts';
import { traceLines, witnessLines } from './witness.ts';

/** The target file. Some report formats require a file and a line for each finding. */
export interface Source {
  /** Path of the target file, relative to the project folder, with `/` as the separator. */
  path: string;
  /** Key: guarantee; value: line number of its claim, counted from 1. */
  claims: Readonly<Partial<Record<Guarantee, number>>>;
}

export interface ReportInput {
  result: Result;
  source: Source;
  /** The comparison with the baseline; absent if the run has no baseline. */
  comparison?: Comparison;
  /** Data and code of the timeline and plots in the HTML report. Absent inside k6. */
  view?: View;
}

/**
 * The timeline and plots of the HTML report, which a script draws. The page contains all texts of this interface
 * unescaped.
 */
export interface View {
  code: string;
  /** SHA-256 of the script in base64, for the page's content security policy. */
  hash: string;
  style: string;
  /** The requests of the run: a `Chunk` as JSON and its columns, compressed by deflate, in base64. */
  data: string;
  /** Number of requests that the timeline omits. The plots count all requests. */
  left: number;
  /** The baseline and the current runs, for plots that compare them. */
  sides?: Side[];
}

export type Report = (input: ReportInput) => string;

/** Returns a report function that replaces control and invisible characters in its input. */
export const safely =
  (report: Report): Report =>
  ({ view, ...input }) =>
    report({ ...printable(input), ...(view === undefined ? {} : { view }) });

/** Returns the combined verdict of the run and its comparison with the baseline. */
export const overall = ({ result, comparison }: ReportInput): Judgement =>
  combine([result.judgement, ...(comparison === undefined ? [] : [comparison.judgement])]);

/** Returns the differences from the baseline that prevent a pass. */
export function failingDifferences({
  comparison,
}: ReportInput): { about: string; means: 'violated' | 'unknown'; lines: string[] }[] {
  const found = new Map<string, { about: string; means: 'violated' | 'unknown'; lines: string[] }>();
  for (const difference of comparison?.differences ?? []) {
    const { about, means } = difference;
    if (means === 'valid') continue;
    const of = found.get(about) ?? { about, means, lines: [] };
    if (means === 'violated') of.means = means;
    of.lines.push(sentence(difference));
    found.set(about, of);
  }
  return [...found.values()];
}

export const lineOf = ({ claims }: Source, guarantee: Guarantee): number => claims[guarantee] ?? 1;

/**
 * Returns the rank of a verdict; 0 is the worst. The order is: violated claim, unknown claim, violation without a
 * claim, all remaining verdicts.
 */
function rank({ claimed, judgement }: Verdict): number {
  if (claimed) return { violated: 0, unknown: 1, valid: 3 }[judgement];
  return { violated: 2, unknown: 5, valid: 4 }[judgement];
}

/** Returns the verdicts, worst first. Verdicts of the same rank keep their order. */
export const worstFirst = (verdicts: readonly Verdict[]): Verdict[] =>
  verdicts.toSorted((a, b) => rank(a) - rank(b));

/** Returns what the check has found, or the missing evidence of an unknown verdict. */
export const findingOf = (verdict: Verdict): string =>
  verdict.judgement === 'unknown' ? (verdict.why ?? '') : verdict.finding;

/** Returns one anomaly of each kind. Anomalies of the same kind differ only in numbers or quoted names. */
export function distinct(anomalies: readonly Anomaly[]): Anomaly[] {
  const stories = new Map<string, Anomaly>();
  for (const anomaly of anomalies) {
    const story = storyOf(anomaly);
    if (!stories.has(story)) stories.set(story, anomaly);
  }
  return [...stories.values()];
}

/** Maximum number of anomalies of a guarantee in a report. The file result.json has all of them. */
const STORIES = 5;

/** Returns the anomalies that a report shows, one of each kind. */
export const shownOf = ({ anomalies }: Verdict): Anomaly[] => distinct(anomalies).slice(0, STORIES);

/**
 * Returns a text that is equal for anomalies of the same kind, also in different runs. In it, `#` replaces numbers and
 * quoted names.
 */
export const storyOf = ({ name, summary }: Anomaly): string =>
  `${name} ${summary.replace(/"[^"]*"|\d+/g, '#')}`;

/** Returns a title such as `LOSS  continuity  session r1  user alice`. */
export function titleOf({ name, guarantee, session, user }: Anomaly): string {
  const who = [session && `session ${session}`, user && `user ${user}`];
  return [name, guarantee, ...who].filter(part => part).join('  ');
}

const LINES = 60;

/** Returns the requests that prove an anomaly, and the notes about it, as lines. */
export function proofLines({ witness, notes }: Anomaly): string[] {
  const lines = [...witnessLines(witness), ...traceLines(witness), ...notes.map(note => `  ${note}`)];
  if (lines.length <= LINES) return lines;
  return [...lines.slice(0, LINES), `  … and ${lines.length - LINES} more lines in result.json`];
}

/** Describes a verdict in plain text: finding, proofs, definition, and the command that repeats the run. */
export function storyLines(verdict: Verdict, { command }: Result): string[] {
  const shown = shownOf(verdict);
  const more = verdict.violations - shown.length;
  return [
    findingOf(verdict),
    ...shown.flatMap(anomaly => ['', titleOf(anomaly), `  ${anomaly.summary}`, ...proofLines(anomaly)]),
    ...(more > 0 && shown.length > 0 ? ['', `… and ${more} more of ${verdict.guarantee}`] : []),
    '',
    `it holds when ${GUARANTEES[verdict.guarantee].holds}`,
    `how to mend it: ${COMMAND} explain ${verdict.guarantee}`,
    `see it again: ${command}`,
  ];
}

const stopped = { interrupted: 'interrupted', failed: 'stopped by a failure', 'cut off': 'cut off' };

/** Returns why the run stopped early, such as `the run was interrupted`; undefined if the run is complete. */
export const unfinished = ({ finished }: Result): string | undefined =>
  finished === 'complete' ? undefined : `the run was ${stopped[finished]}`;

/** Returns the verdict of the run with the deciding guarantees, such as `broken: continuity`. */
export function conclusion(result: Result): string {
  const claimed = result.guarantees.filter(verdict => verdict.claimed);
  const by = (judgement: Judgement): string =>
    claimed
      .filter(verdict => verdict.judgement === judgement)
      .map(verdict => verdict.guarantee)
      .join(', ');
  const broken = [by('violated'), ...(result.limits ?? [])].filter(name => name !== '').join(', ');
  const text = {
    valid:
      claimed.length === 1 ? 'the claimed guarantee holds' : `all ${claimed.length} claimed guarantees hold`,
    violated: `broken: ${broken}`,
    unknown: claimed.length === 0 ? 'nothing is claimed' : `too little evidence for ${by('unknown')}`,
  }[result.judgement];
  const cut = unfinished(result);
  const unclaimed = brokenUnclaimed(result.guarantees).map(verdict => verdict.guarantee);
  return [
    cut === undefined ? text : `${text}, for the recorded part only: ${cut}`,
    ...(unclaimed.length === 0 ? [] : [`not claimed, but violated: ${unclaimed.join(', ')}`]),
  ].join('; ');
}

/** Returns a hash that depends only on the text: two FNV-1a hashes of 32 bits, in hexadecimal. */
export function fingerprint(text: string): string {
  const hash = (basis: number): string => {
    let value = basis;
    for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
    return (value >>> 0).toString(16).padStart(8, '0');
  };
  return hash(0x811c9dc5) + hash(0x1234abcd);
}

/** Returns milliseconds since 1970; 0 if the text is not a time. */
export const epoch = (time: string): number => Date.parse(time) || 0;
