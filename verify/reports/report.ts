/** What every report is made of, and what is the same in all of them. */
import type { Comparison } from '../core/compare/compare.ts';
import type { Guarantee } from '../core/guarantees.ts';
import { GUARANTEES } from '../core/guarantees.ts';
import type { Result } from '../core/result.ts';
import { type Anomaly, brokenUnclaimed, combine, type Judgement, type Verdict } from '../core/verdict.ts';
import { sentence } from './comparison.ts';
import { printable } from './printable.ts';
import { witnessLines } from './witness.ts';

/** The file to point at, where a format asks for one: the target file, and where it claims what. */
export interface Source {
  /** From the folder of the project, with `/`. */
  path: string;
  /** Line of each claim, from 1. */
  claims: Readonly<Partial<Record<Guarantee, number>>>;
}

export interface Told {
  result: Result;
  source: Source;
  /** With a baseline. */
  comparison?: Comparison;
}

/** A report: what is told → text. */
export type Report = (told: Told) => string;

/** Makes all that others wrote safe to show first, so that no report can forget to. */
export const safely =
  (report: Report): Report =>
  told =>
    report(printable(told));

/** The verdict of the run, and of what it is compared with. */
export const overall = ({ result, comparison }: Told): Judgement =>
  combine([result.judgement, ...(comparison === undefined ? [] : [comparison.judgement])]);

/** What of a comparison keeps the whole from passing: by what it is about, each once. */
export function against({
  comparison,
}: Told): { about: string; means: 'violated' | 'unknown'; lines: string[] }[] {
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

/** How bad it is: a claim that is broken, one without evidence, a break that is only measured, the rest. */
function rank({ claimed, judgement }: Verdict): number {
  if (claimed) return { violated: 0, unknown: 1, valid: 3 }[judgement];
  return { violated: 2, unknown: 5, valid: 4 }[judgement];
}

/** @returns the verdicts, worst first; among equals in the order of the result */
export const worstFirst = (verdicts: readonly Verdict[]): Verdict[] =>
  verdicts.toSorted((a, b) => rank(a) - rank(b));

/** What a verdict says of itself, in a sentence. */
export const said = (verdict: Verdict): string =>
  verdict.judgement === 'unknown' ? (verdict.why ?? '') : verdict.finding;

/** One of each story: those that differ in numbers alone (which instance, which session) tell nothing new. */
export function distinct(anomalies: readonly Anomaly[]): Anomaly[] {
  const stories = new Map<string, Anomaly>();
  for (const anomaly of anomalies) {
    const story = storyOf(anomaly);
    if (!stories.has(story)) stories.set(story, anomaly);
  }
  return [...stories.values()];
}

/** More stories of one guarantee are left to result.json. */
const STORIES = 5;

/** The anomalies of a verdict that a report shows. */
export const shownOf = ({ anomalies }: Verdict): Anomaly[] => distinct(anomalies).slice(0, STORIES);

/** The same from run to run, for what is broken in the same way. */
export const storyOf = ({ name, summary }: Anomaly): string =>
  `${name} ${summary.replace(/"[^"]*"|\d+/g, '#')}`;

/** LOSS  continuity  session r1  user alice */
export function titleOf({ name, guarantee, session, user }: Anomaly): string {
  const who = [session && `session ${session}`, user && `user ${user}`];
  return [name, guarantee, ...who].filter(part => part).join('  ');
}

/** Longer proofs are cut. */
const LINES = 60;

/** The requests that prove it, and what else was seen. */
export function proofLines({ witness, notes }: Anomaly): string[] {
  const lines = [...witnessLines(witness), ...notes.map(note => `  ${note}`)];
  if (lines.length <= LINES) return lines;
  return [...lines.slice(0, LINES), `  … and ${lines.length - LINES} more lines in result.json`];
}

/** A verdict as plain text: what it says, the proofs, when it holds, and how to see it again. */
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

/** What of a run is not as it should be, if it did not end by itself. */
export const unfinished = ({ finished }: Result): string | undefined =>
  finished === 'complete' ? undefined : `the run was ${stopped[finished]}`;

/** The judgement in a sentence: what is broken, what lacks evidence, and what is broken without being claimed. */
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
    cut === undefined ? text : `${text}, as far as it went: ${cut}`,
    ...(unclaimed.length === 0 ? [] : [`not claimed, and seen broken: ${unclaimed.join(', ')}`]),
  ].join('; ');
}

/** A number for a text, the same everywhere and always: FNV-1a, twice 32 bits, in hexadecimal. */
export function fingerprint(text: string): string {
  const hash = (basis: number): string => {
    let value = basis;
    for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
    return (value >>> 0).toString(16).padStart(8, '0');
  };
  return hash(0x811c9dc5) + hash(0x1234abcd);
}

/** Milliseconds since 1970, 0 where the text is no time. */
export const epoch = (time: string): number => Date.parse(time) || 0;
