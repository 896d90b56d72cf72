/**
 * Writes a result as workflow commands of GitHub Actions. GitHub shows at most ten annotations of each kind, so the
 * tenth annotation lists all remaining guarantees.
 */
import { counted } from '../core/result/format.ts';
import { type Result, unhealed } from '../core/result/result.ts';
import type { Verdict } from '../core/result/verdict.ts';
import { nameOf } from './comparison.ts';
import { faultLines } from './faults.ts';
import { startOf } from './printable.ts';
import {
  failingDifferences,
  findingOf,
  lineOf,
  proofLines,
  type Report,
  type Source,
  safely,
  shownOf,
  worstFirst,
} from './report.ts';

const SHOWN = 10;
/** Maximum length of an annotation's message, in UTF-16 units. */
const LONGEST = 4000;

type Kind = 'error' | 'notice';

export const annotations: Report = safely(input => {
  const { result, source } = input;
  const wrong = worstFirst(result.guarantees).filter(
    ({ claimed, judgement }) => judgement === 'violated' || (claimed && judgement === 'unknown'),
  );
  const worse = failingDifferences(input).map(({ about, means, lines }) =>
    command(
      'error',
      { file: source.path, title: `${about} ${means === 'violated' ? 'is worse' : 'cannot be compared'}` },
      [...lines, `compared with ${input.comparison === undefined ? '' : nameOf(input.comparison.base)}`].join(
        '\n',
      ),
    ),
  );
  const left = unhealed(result).map(text =>
    command('error', { file: source.path, title: 'not healed' }, text),
  );
  const first = [...left, ...worse].slice(0, SHOWN / 2);
  const faults = disturbed(result, source);
  const lines = (['error', 'notice'] as const).flatMap(kind => {
    const all = wrong.filter(verdict => verdict.claimed === (kind === 'error'));
    const room = SHOWN - (kind === 'error' ? first : faults).length;
    const shown = all.length > room ? all.slice(0, room - 1) : all;
    const rest = all.slice(shown.length).map(verdict => verdict.guarantee);
    return [
      ...shown.map(verdict => annotation(kind, verdict, source)),
      ...(rest.length > 0
        ? [command(kind, { file: source.path, title: `baton: ${rest.length} more` }, rest.join(', '))]
        : []),
    ];
  });
  return [...first, ...lines, ...faults].map(line => `${line}\n`).join('');
});

function disturbed(result: Result, { path: file }: Source): string[] {
  const lines = faultLines(result);
  if (lines.length === 0) return [];
  const title = `${counted(result.faults?.length ?? 0, 'fault')} under load`;
  return [command('notice', { file, title }, startOf(lines.join('\n').trimEnd(), LONGEST))];
}

function annotation(kind: Kind, verdict: Verdict, source: Source): string {
  const { guarantee, claimed, judgement } = verdict;
  const [first] = shownOf(verdict);
  const title = `${guarantee} ${judgement}${first === undefined ? '' : ` (${first.name})`}`;
  const proof = first === undefined ? [] : [first.summary, ...proofLines(first)];
  const text = [
    findingOf(verdict),
    ...proof,
    ...(claimed ? [] : ['not claimed: does not fail the run']),
  ].join('\n');
  const line = `${lineOf(source, guarantee)}`;
  return command(kind, { file: source.path, line, title }, startOf(text, LONGEST));
}

function command(kind: Kind, properties: Readonly<Record<string, string>>, message: string): string {
  const fields = Object.entries(properties).map(([name, value]) => `${name}=${property(value)}`);
  return `::${kind} ${fields.join(',')}::${data(message)}`;
}

const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
