/**
 * Writes the report of `--sticky-report`: a table with a column for each mode of stickiness (on, off, re-pinned,
 * broken).
 */
import type { Result } from '../core/result/result.ts';
import type { Judgement } from '../core/result/verdict.ts';

interface Run {
  mode: string;
  result: Result;
}

const mark: Record<Judgement, string> = { valid: '✓', violated: '✗', unknown: '?' };
const WIDTH = 14;

/** Returns the table and the conclusion. Each line ends with a newline. */
export function stickyText(runs: readonly Run[]): string {
  const names = (runs[0]?.result.guarantees ?? [])
    .map(({ guarantee }) => guarantee)
    .filter(name => runs.some(({ result }) => judgementOf(result, name) !== 'unknown'));
  const width = Math.max(10, ...names.map(name => name.length));
  const row = (head: string, cells: readonly string[]): string =>
    `${head.padEnd(width)}  ${cells.map(cell => cell.padEnd(WIDTH)).join('')}`.trimEnd();
  const lines = [
    row(
      'stickiness',
      runs.map(({ mode }) => mode),
    ),
    row(
      'handoffs',
      runs.map(({ result }) => String(result.tally.handoffs)),
    ),
    ...names.map(name =>
      row(
        name,
        runs.map(({ result }) => {
          const judgement = judgementOf(result, name);
          return `${mark[judgement]} ${judgement}`;
        }),
      ),
    ),
    '',
    conclusionOn(runs),
    '',
  ];
  return lines.join('\n');
}

const judgementOf = ({ guarantees }: Result, name: string): Judgement =>
  guarantees.find(({ guarantee }) => guarantee === name)?.judgement ?? 'unknown';

/** Returns the guarantees that are violated without stickiness but not with stickiness. Omits `routing`. */
export function brokenWithout(runs: readonly Run[]): string[] {
  const [on, ...without] = runs;
  if (on === undefined) return [];
  return on.result.guarantees
    .filter(({ guarantee, judgement }) => guarantee !== 'routing' && judgement !== 'violated')
    .map(({ guarantee }) => guarantee)
    .filter(name => without.some(({ result }) => judgementOf(result, name) === 'violated'));
}

function conclusionOn(runs: readonly Run[]): string {
  const [on, ...without] = runs;
  const broken = brokenWithout(runs);
  if (broken.length > 0)
    return `Stickiness cannot be turned off: without it, ${broken.join(', ')} would break.`;
  if (on === undefined || without.length === 0)
    return 'The load was stopped before anything could be compared.';
  if (without.every(({ result }) => result.tally.handoffs === 0))
    return 'Insufficient evidence: no session changed its instance. Is `instance.sticky` the balancer’s cookie?';
  return 'Stickiness can be turned off, as far as this load shows: no guarantee that holds with stickiness was violated without it.';
}
