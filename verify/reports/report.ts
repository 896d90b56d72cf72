/** Defines the interface of a report, and helpers that several reports share. */
import type { Comparison } from '../core/compare/compare.ts';
import type { Guarantee } from '../core/guarantees.ts';
import { GUARANTEES } from '../core/guarantees.ts';
import type { Result } from '../core/result.ts';
import { type Anomaly, brokenUnclaimed, combine, type Judgement, type Verdict } from '../core/verdict.ts';
import { sentence } from './comparison.ts';
import { printable } from './printable.ts';
import { witnessLines } from './witness.ts';

/** The file that reports point at, for formats that require one: the target file, with the lines of its claims. */
export interface Source {
  /** Path relative to the folder of the project, with `/`. */
  path: string;
  /** Line number of each claim, counted from 1. */
  claims: Readonly<Partial<Record<Guarantee, number>>>;
}

/** What a report is written from. */
export interface ReportInput {
  result: Result;
  source: Source;
  /** Only if the run is compared with a baseline. */
  comparison?: Comparison;
}

/** Writes a report. */
export type Report = (input: ReportInput) => string;

/** Wraps a report so that it gets only printable texts. */
export const safely =
  (report: Report): Report =>
  input =>
    report(printable(input));

/** Returns the combined verdict of the run and its comparison. */
export const overall = ({ result, comparison }: ReportInput): Judgement =>
  combine([result.judgement, ...(comparison === undefined ? [] : [comparison.judgement])]);

/** Returns the differences that keep the run from passing, grouped by their subject. */
export function against({
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
 * Returns the rank of a verdict: violated claims first, then unknown claims, violations that are not claimed, the rest.
 */
function rank({ claimed, judgement }: Verdict): number {
  if (claimed) return { violated: 0, unknown: 1, valid: 3 }[judgement];
  return { violated: 2, unknown: 5, valid: 4 }[judgement];
}

/** Returns the verdicts, worst first; verdicts of equal rank stay in their order. */
export const worstFirst = (verdicts: readonly Verdict[]): Verdict[] =>
  verdicts.toSorted((a, b) => rank(a) - rank(b));

/** Returns the sentence that explains a verdict. */
export const said = (verdict: Verdict): string =>
  verdict.judgement === 'unknown' ? (verdict.why ?? '') : verdict.finding;

/** Returns one anomaly of each story: anomalies that differ only in numbers or quoted names are the same story. */
export function distinct(anomalies: readonly Anomaly[]): Anomaly[] {
  const stories = new Map<string, Anomaly>();
  for (const anomaly of anomalies) {
    const story = storyOf(anomaly);
    if (!stories.has(story)) stories.set(story, anomaly);
  }
  return [...stories.values()];
}

/** Stories of one guarantee that a report shows at most; result.json has the rest. */
const STORIES = 5;

/** Returns the anomalies of a verdict that a report shows. */
export const shownOf = ({ anomalies }: Verdict): Anomaly[] => distinct(anomalies).slice(0, STORIES);

/** Returns a text that is the same in all runs for the same kind of anomaly. */
export const storyOf = ({ name, summary }: Anomaly): string =>
  `${name} ${summary.replace(/"[^"]*"|\d+/g, '#')}`;

/** Returns the title of an anomaly: `LOSS  continuity  session r1  user alice`. */
export function titleOf({ name, guarantee, session, user }: Anomaly): string {
  const who = [session && `session ${session}`, user && `user ${user}`];
  return [name, guarantee, ...who].filter(part => part).join('  ');
}

/** Lines of a proof that are shown at most. */
const LINES = 60;

/** Returns the requests of the witness and the notes, one line each. */
export function proofLines({ witness, notes }: Anomaly): string[] {
  const lines = [...witnessLines(witness), ...notes.map(note => `  ${note}`)];
  if (lines.length <= LINES) return lines;
  return [...lines.slice(0, LINES), `  … and ${lines.length - LINES} more lines in result.json`];
}

/** Returns a verdict as plain text: the finding, the proofs, the definition, and the command that reproduces it. */
export function storyLines(verdict: Verdict, { command }: Result): string[] {
  const shown = shownOf(verdict);
  const more = verdict.violations - shown.length;
  return [
    said(verdict),
    ...shown.flatMap(anomaly => ['', titleOf(anomaly), `  ${anomaly.summary}`, ...proofLines(anomaly)]),
    ...(more > 0 && shown.length > 0 ? ['', `… and ${more} more of ${verdict.guarantee}`] : []),
    '',
    `it holds when ${GUARANTEES[verdict.guarantee].holds}`,
    `see it again: ${command}`,
  ];
}

const stopped = { interrupted: 'interrupted', failed: 'stopped by a failure', 'cut off': 'cut off' };

/** Returns how the run was stopped; undefined if it was complete. */
export const unfinished = ({ finished }: Result): string | undefined =>
  finished === 'complete' ? undefined : `the run was ${stopped[finished]}`;

/**
 * Returns the judgement as a sentence: violated claims, claims without enough evidence, and violations that are not
 * claimed.
 */
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

/** Returns a stable hash of a text: FNV-1a, two times 32 bits, in hexadecimal. */
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
