/** Writes a result as text for a terminal: verdicts, then the proof of each violation. */
import { COMMAND } from '../core/command.ts';
import { timeText } from '../core/result/ages.ts';
import { counted, grouped } from '../core/result/format.ts';
import { GUARANTEES } from '../core/result/guarantees.ts';
import { failuresOf, type Result, type Tally } from '../core/result/result.ts';
import type { Judgement, Verdict } from '../core/result/verdict.ts';
import { faultLines } from './faults.ts';
import { printable } from './printable.ts';
import { conclusion, distinct, findingOf, titleOf, worstFirst } from './report.ts';
import { timeLines } from './times.ts';
import { traceLines, witnessLines } from './witness.ts';
import { type TerminalOptions, wrap } from './wrap.ts';

type Paint = (text: string, ...styles: Style[]) => string;
type Style = 'red' | 'green' | 'yellow' | 'bold' | 'dim';

const codes: Record<Style, number> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };
const colourOf: Record<Judgement, Style> = { valid: 'green', violated: 'red', unknown: 'yellow' };
const mark: Record<Judgement, string> = { valid: '✓', violated: '✗', unknown: '?' };

/** Returns the report. Each line ends with a newline. */
export function terminal(given: Result, options: TerminalOptions): string {
  const result = printable(given);
  const paint = painter(options);
  const claimed = result.guarantees.filter(verdict => verdict.claimed);
  const others = result.guarantees.filter(verdict => !verdict.claimed);
  const measured = others.filter(verdict => verdict.judgement !== 'unknown');
  const lines = [
    '',
    `${paint(result.target, 'bold')}  ${result.url}`,
    paint(`run ${result.run} · seed ${result.seed} · ${did(result)}`, 'dim'),
    ...agesOf(result, options.width).map(line => paint(line, 'dim')),
    '',
    ...table(claimed, paint, options.width),
    ...(measured.length > 0
      ? ['', paint('measured, not claimed', 'dim'), ...table(measured, paint, options.width)]
      : []),
    ...unmeasured(others, paint, options.width),
    '',
    ...faultLines(result),
    ...instances(result.tally, paint),
    ...timeLines(result),
    ...failures(result, paint),
    ...result.guarantees
      .filter(verdict => verdict.violations > 0)
      .flatMap(verdict => proof(verdict, result, paint, options)),
    ...result.remarks.map(remark => paint(`note: ${remark}`, 'yellow')),
    last(result, paint),
    '',
  ];
  return lines.join('\n');
}

const painter =
  ({ colour }: TerminalOptions): Paint =>
  (text, ...styles) =>
    colour ? `${styles.map(style => `\u001b[${codes[style]}m`).join('')}${text}\u001b[0m` : text;

/** Returns a report of one screen: the violations, the proof of the worst violation, and the verdict. */
export function brief(given: Result, options: TerminalOptions): string {
  const result = printable(given);
  const paint = painter(options);
  const claimed = worstFirst(result.guarantees.filter(verdict => verdict.claimed));
  const by = (judgement: Judgement): Verdict[] => claimed.filter(verdict => verdict.judgement === judgement);
  const [worst] = by('violated');
  const names = (judgement: Judgement): string[] => {
    const all = by(judgement).map(verdict => verdict.guarantee);
    const text = `${mark[judgement]} ${judgement}: ${all.join(', ')}`;
    return all.length === 0 ? [] : wrap(text, options.width).map(line => paint(line, colourOf[judgement]));
  };
  const lines = [
    '',
    `${paint(result.target, 'bold')}  ${result.url}`,
    paint(`run ${result.run} · seed ${result.seed} · ${did(result)}`, 'dim'),
    '',
    ...table(by('violated'), paint, options.width),
    // If a guarantee is violated, shows unknown guarantees by name only, because the violation is usually their cause.
    ...(worst === undefined ? table(by('unknown'), paint, options.width) : names('unknown')),
    ...names('valid'),
    '',
    ...(worst === undefined ? [] : proof(worst, result, paint, options, 1)),
    ...result.remarks.map(remark => paint(`note: ${remark}`, 'yellow')),
    last(result, paint),
    '',
  ];
  return lines.join('\n');
}

function did({ tally }: Result): string {
  const seconds = (tally.duration / 1e6).toFixed(1);
  return (
    `${counted(tally.operations, 'request')} in ${seconds} s, ${counted(tally.sessions, 'session')} of ` +
    `${counted(tally.users, 'user')}, ${counted(tally.handoffs, 'handoff')}`
  );
}

function agesOf({ tally: { ages } }: Result, width: number): string[] {
  if (ages === undefined || ages.used < 1e6) return [];
  const { used, overlapped, loggedOut, rested } = ages;
  const parts = [
    `sessions up to ${timeText(used)} old`,
    ...(overlapped > 0 ? [`overlapping requests up to ${timeText(overlapped)} after the login`] : []),
    ...(loggedOut > 0 ? [`logouts up to ${timeText(loggedOut)} after it`] : []),
    `pauses between requests up to ${timeText(rested)}`,
  ];
  return wrap(parts.join(', '), width);
}

function table(verdicts: readonly Verdict[], paint: Paint, width: number): string[] {
  const names = Math.max(...verdicts.map(verdict => verdict.guarantee.length), 0);
  const indent = names + 14;
  return verdicts.flatMap(verdict => {
    const { guarantee, judgement } = verdict;
    const head = `${mark[judgement]} ${guarantee.padEnd(names)}  ${judgement.padEnd(9)}`;
    const [first = '', ...rest] = wrap(findingOf(verdict), Math.max(30, width - indent));
    return [
      `${paint(head, colourOf[judgement])} ${first}`,
      ...rest.map(line => ' '.repeat(indent) + line),
      ...(judgement === 'valid' && restsOn(verdict) !== ''
        ? [paint(' '.repeat(indent) + restsOn(verdict), 'dim')]
        : []),
    ];
  });
}

const restsOn = (verdict: Verdict): string =>
  Object.entries(verdict.rests)
    .map(([name, value]) => `${name} ${grouped(value)}`)
    .join(' · ');

function unmeasured(others: readonly Verdict[], paint: Paint, width: number): string[] {
  const names = others.filter(verdict => verdict.judgement === 'unknown').map(verdict => verdict.guarantee);
  if (names.length === 0) return [];
  return ['', ...wrap(`not claimed, and this run is no evidence for ${names.join(', ')}`, width)].map(line =>
    paint(line, 'dim'),
  );
}

const BAR = 30;

const versionOf = ({ versions = [] }: Tally['instances'][number]): string =>
  versions.length === 0 ? '' : `  ${versions.join(', then ')}`;

function instances({ instances: tallies, namedBy = {} }: Tally, paint: Paint): string[] {
  if (tallies.length === 0) return [paint('no response named its instance', 'dim'), ''];
  const names = Math.max(8, ...tallies.map(tally => tally.instance.length));
  const rows = tallies.map(tally => {
    const bar = '█'.repeat(Math.round(tally.share * BAR)).padEnd(BAR);
    const share = `${(tally.share * 100).toFixed(1)} %`.padStart(7);
    return `${tally.instance.padEnd(names)}  ${grouped(tally.requests).padStart(9)} ${share}  ${paint(bar, 'dim')} ${grouped(tally.sessions)}${versionOf(tally)}`;
  });
  return [
    paint(`${'instance'.padEnd(names)}   requests   share  ${' '.repeat(BAR)} sessions`, 'dim'),
    ...rows,
    ...Object.entries(namedBy).map(([by, times]) =>
      paint(`named by ${by}: ${counted(times, 'request')}`, 'dim'),
    ),
    '',
  ];
}

function failures({ tally }: Result, paint: Paint): string[] {
  const all = failuresOf(tally);
  if (all.length === 0) return [];
  const counts = all.map(([how, count]) => `${how} × ${grouped(count)}`).join(', ');
  const sum = all.reduce((total, [, count]) => total + count, 0);
  return [paint(`${counted(sum, 'request')} without success: ${counts}`, 'yellow'), ''];
}

/** @param most maximum number of anomalies to show */
function proof(
  verdict: Verdict,
  result: Result,
  paint: Paint,
  { width }: TerminalOptions,
  most = 2,
): string[] {
  const shown = distinct(verdict.anomalies).slice(0, most);
  const style: Style = verdict.claimed ? 'red' : 'yellow';
  const blocks = shown.flatMap(anomaly => {
    return [
      paint(titleOf(anomaly), style, 'bold'),
      ...wrap(anomaly.summary, width - 2).map(line => `  ${line}`),
      ...witnessLines(anomaly.witness),
      ...traceLines(anomaly.witness).map(line => paint(line, 'dim')),
      ...anomaly.notes.flatMap(note => wrap(note, width - 2)).map(line => paint(`  ${line}`, 'dim')),
      '',
    ];
  });
  const more = verdict.violations - shown.length;
  return [
    ...blocks,
    ...(more > 0 ? [paint(moreOf(verdict, more, shown.length), 'dim')] : []),
    paint(`  it holds when ${GUARANTEES[verdict.guarantee].holds}`, 'dim'),
    paint(`  how to mend it:  ${COMMAND} explain ${verdict.guarantee}`, 'dim'),
    paint(`  see it again:  ${result.command}`, 'dim'),
    '',
  ];
}

/** A report in k6 shows no anomalies, because k6 only counts violations. */
const moreOf = ({ guarantee }: Verdict, more: number, shown: number): string =>
  shown === 0
    ? `${guarantee} was violated ${counted(more, 'time')}; the requests that prove it were not recorded`
    : `  … and ${grouped(more)} more of ${guarantee}`;

function last(result: Result, paint: Paint): string {
  const { judgement } = result;
  return `${paint(` ${judgement.toUpperCase()} `, colourOf[judgement], 'bold')} ${conclusion(result)}`;
}
