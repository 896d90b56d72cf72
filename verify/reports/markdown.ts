/** Writes a result as Markdown: a step summary of GitHub Actions, or a comment on a pull or merge request. */
import { counted, grouped } from '../core/result/format.ts';
import type { Result } from '../core/result/result.ts';
import type { Anomaly, Judgement, Verdict } from '../core/result/verdict.ts';
import { comparisonMarkdown } from './comparison.ts';
import { faultRows } from './faults.ts';
import { bytesOf, escaped, fenced, inMarkdown } from './markup.ts';
import {
  conclusion,
  findingOf,
  overall,
  proofLines,
  type Report,
  type ReportInput,
  safely,
  shownOf,
  worstFirst,
} from './report.ts';
import { TIME_HEADS, timeRows } from './times.ts';

const MARK: Record<Judgement, string> = { valid: '✅', violated: '❌', unknown: '❔' };

/**
 * Texts for the headline, by the verdict of the comparison with the baseline. Used if this verdict is worse than the
 * run's.
 */
const COMPARED: Record<Judgement, string> = {
  valid: 'valid',
  violated: 'worse than the baseline',
  unknown: 'too little evidence to compare',
};

/** Maximum sizes, bytes. GitHub drops a summary above 1 MiB, and refuses a comment above 65,536 characters. */
const LIMITS = { summary: { most: 1_000_000, size: bytesOf }, comment: { most: 60_000, size: bytesOf } };

/** First line of a comment on a pull request. It lets the next run find and replace the comment. */
const COMMENT_MARK = '<!-- baton-verify -->';

export const stepSummary: Report = safely(input => fitted(blocksOf(input), LIMITS.summary));

export const comment: Report = safely(input => fitted([COMMENT_MARK, ...blocksOf(input)], LIMITS.comment));

function blocksOf(input: ReportInput): string[] {
  const { result, comparison } = input;
  const judgement = overall(input);
  const wrong = worstFirst(result.guarantees).filter(verdict => verdict.violations > 0);
  return [
    `## ${MARK[judgement]} Sessions: ${result.judgement === judgement ? judgement : COMPARED[judgement]}`,
    `**${inMarkdown(conclusion(result))}**`,
    inMarkdown(`${result.target} at ${result.url}: ${did(result)}`),
    ...(comparison === undefined ? [] : comparisonMarkdown(comparison)),
    tableOf(result),
    faultsOf(result),
    ...wrong.flatMap(verdict => shownOf(verdict).map(anomaly => proof(verdict, anomaly))),
    sharesOf(result),
    timesOf(result),
    ...result.remarks.map(remark => `> note: ${inMarkdown(remark)}`),
    `See it again, seed ${result.seed} (run ${inMarkdown(result.run)}):`,
    fenced([result.command]),
  ].filter(block => block !== '');
}

export function did({ tally }: Result): string {
  const seconds = (tally.duration / 1e6).toFixed(1);
  return (
    `${counted(tally.operations, 'request')} in ${seconds} s, ${counted(tally.sessions, 'session')} of ` +
    `${counted(tally.users, 'user')}, ${counted(tally.handoffs, 'handoff')}`
  );
}

/** Omits guarantees that are not claimed and have no evidence. */
const tableOf = ({ guarantees }: Result): string =>
  [
    '| | guarantee | verdict | |',
    '|---|---|---|---|',
    ...worstFirst(guarantees)
      .filter(({ claimed, judgement }) => claimed || judgement !== 'unknown')
      .map(verdict => `| ${row(verdict).join(' | ')} |`),
  ].join('\n');

function row(verdict: Verdict): string[] {
  const { guarantee, claimed, judgement } = verdict;
  const how = claimed ? judgement : `${judgement}, not claimed`;
  return [claimed ? MARK[judgement] : '', guarantee, how, inMarkdown(findingOf(verdict))];
}

function faultsOf(result: Result): string {
  const rows = faultRows(result).map(({ title, load, sessions, writes, relogins, gap, well }) =>
    [well ? '' : '⚠️', inMarkdown(title), ...[load, sessions, writes, relogins, gap].map(inMarkdown)].join(
      ' | ',
    ),
  );
  if (rows.length === 0) return '';
  return [
    '| | fault | what was done | sessions | writes | forced re-logins | longest gap |',
    '|---|---|---|---|---|---|---|',
    ...rows.map(row => `| ${row} |`),
  ].join('\n');
}

function proof({ claimed, violations, guarantee }: Verdict, anomaly: Anomaly): string {
  const who = [anomaly.session && `session ${anomaly.session}`, anomaly.user && `user ${anomaly.user}`];
  const title = [`<b>${escaped(anomaly.name)}</b> ${guarantee}`, escaped(anomaly.summary)].join(': ');
  const more =
    violations > 1 ? [`${violations} in this run; this proof: ${who.filter(part => part).join(', ')}`] : [];
  return [
    `<details${claimed ? ' open' : ''}><summary>${title}</summary>`,
    ...more.map(line => inMarkdown(line)),
    fenced(proofLines(anomaly)),
    '</details>',
  ].join('\n\n');
}

function timesOf(result: Result): string {
  const rows = timeRows(result);
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]): string => `| ${cells.map(inMarkdown).join(' | ')} |`;
  return [line(TIME_HEADS), `|${'---|'.repeat(TIME_HEADS.length)}`, ...rows.map(line)].join('\n');
}

const sharesOf = ({ tally }: Result): string =>
  tally.instances
    .map(
      ({ instance, requests, share, versions = [] }) =>
        `${[instance, ...versions].map(inMarkdown).join(' ')} ${(share * 100).toFixed(1)} % (${grouped(requests)})`,
    )
    .join(' · ');

function fitted(
  blocks: readonly string[],
  { most, size }: { most: number; size: (text: string) => number },
): string {
  const left = (count: number): string => `… ${count} more sections are in the run’s result.json.`;
  const shown: string[] = [];
  let room = most - size(left(blocks.length));
  for (const block of blocks) {
    room -= size(block) + 2;
    if (room < 0) break;
    shown.push(block);
  }
  const missing = blocks.length - shown.length;
  return `${[...shown, ...(missing > 0 ? [left(missing)] : [])].join('\n\n')}\n`;
}
