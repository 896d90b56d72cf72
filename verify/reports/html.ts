/**
 * Writes a result as one self-contained HTML page, without scripts, fonts, pictures or network access. The page is also
 * well-formed XML, so that tests can check it with an HTML parser and with an XML parser.
 */

import { COMMAND } from '../core/command.ts';
import type { Change } from '../core/compare/difference.ts';
import { counted, grouped } from '../core/result/format.ts';
import { GUARANTEES } from '../core/result/guarantees.ts';
import { failuresOf, type Result } from '../core/result/result.ts';
import type { Anomaly, Judgement, Verdict, WitnessStep } from '../core/result/verdict.ts';
import { conclusionOf, nameOf, sameLine, WORD, whatDiffers } from './comparison.ts';
import { faultRows } from './faults.ts';
import { STYLE } from './html-style.ts';
import { did } from './markdown.ts';
import { escaped } from './markup.ts';
import {
  conclusion,
  overall,
  type Report,
  type ReportInput,
  safely,
  said,
  shownOf,
  titleOf,
  worstFirst,
} from './report.ts';
import { overlaps, spansOf, whatOf } from './witness.ts';

const MARK: Record<Judgement, string> = { valid: '✓', violated: '✗', unknown: '?' };

export const html: Report = safely(input => {
  const { result } = input;
  const broken = worstFirst(result.guarantees).filter(verdict => verdict.violations > 0);
  return page(`${overall(input)}: ${result.target}`, [
    banner(input),
    ...compared(input),
    section('Guarantees', verdicts(result)),
    ...faults(result),
    ...(broken.length === 0
      ? []
      : [section('Violations, and the requests that prove them', broken.map(proofs).join(''))]),
    section('Instances', instances(result)),
    ...remarks(result),
    section('See it again', again(result)),
  ]);
});

function page(title: string, sections: readonly string[]): string {
  return `<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<meta name="referrer" content="no-referrer"/>
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${sections.join('\n')}
</main>
</body>
</html>
`;
}

const section = (title: string, inside: string): string =>
  `<section><h2>${escaped(title)}</h2>${inside}</section>`;

function banner(input: ReportInput): string {
  const { result, comparison } = input;
  const { target, url, run, started } = result;
  const judgement = overall(input);
  const headline =
    comparison === undefined || result.judgement === judgement
      ? conclusion(result)
      : `${judgement === 'violated' ? 'worse: ' : ''}${conclusionOf(comparison)}`;
  return (
    `<header class="banner ${judgement}"><h1>${MARK[judgement]} ${escaped(capital(headline))}</h1>` +
    `<p>${escaped(target)} at <code>${escaped(url)}</code></p>` +
    `<p class="dim">${escaped(did(result))}; run ${escaped(run)}, ${escaped(started)}</p></header>`
  );
}

const COLOUR: Record<Change, string> = { worse: 'violated', untold: 'unknown', better: 'valid', same: 'dim' };

/** Returns the section of the comparison: the differences, worst first. */
function compared({ comparison }: ReportInput): string[] {
  if (comparison === undefined) return [];
  const rows = whatDiffers(comparison).map(
    ({ change, abouts, said: text }) =>
      `<tr><td class="verdict ${COLOUR[change]}">${WORD[change]}</td>` +
      `<td><strong>${abouts.join(', ')}</strong></td><td>${escaped(text)}</td></tr>`,
  );
  const table = rows.length === 0 ? '' : `<table class="table"><tbody>${rows.join('')}</tbody></table>`;
  const same = sameLine(comparison).map(line => `<p class="dim">${escaped(line)}</p>`);
  return [section(`Compared with ${nameOf(comparison.base)}`, table + same.join(''))];
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

function verdicts({ guarantees }: Result): string {
  const shown = worstFirst(guarantees).filter(({ claimed, judgement }) => claimed || judgement !== 'unknown');
  const silent = guarantees.filter(verdict => !shown.includes(verdict)).map(verdict => verdict.guarantee);
  const rows = shown.map(verdict => {
    const { guarantee, claimed, judgement } = verdict;
    const how = claimed ? judgement : `${judgement}, not claimed`;
    return (
      `<tr><td class="verdict ${judgement}">${MARK[judgement]} ${how}</td><td><strong>${guarantee}</strong>` +
      `<div class="dim">${escaped(GUARANTEES[guarantee].holds)}</div></td>` +
      `<td>${escaped(said(verdict))}${figures(verdict)}</td></tr>`
    );
  });
  return (
    '<table class="table"><thead><tr><th>verdict</th><th>guarantee: it holds when</th><th>finding, and the counts it rests on</th></tr></thead>' +
    `<tbody>${rows.join('')}</tbody></table>` +
    (silent.length === 0
      ? ''
      : `<p class="dim">Not claimed, and this run is no evidence for ${silent.join(', ')}.</p>`)
  );
}

function figures({ rests }: Verdict): string {
  const all = Object.entries(rests).map(([name, value]) => `<span>${escaped(name)} ${grouped(value)}</span>`);
  return all.length === 0 ? '' : `<div class="figures dim">${all.join('')}</div>`;
}

function faults(result: Result): string[] {
  const rows = faultRows(result).map(
    ({ title, load, sessions, writes, relogins, gap, well }) =>
      `<tr><td class="verdict ${well ? 'valid' : 'unknown'}">${escaped(title)}</td>` +
      `<td>${escaped(load)}</td><td data-head="sessions">${escaped(sessions)}</td>` +
      `<td data-head="writes">${escaped(writes)}</td>` +
      `<td class="number" data-head="forced re-logins">${escaped(relogins)}</td>` +
      `<td data-head="longest gap">${escaped(gap)}</td></tr>`,
  );
  if (rows.length === 0) return [];
  const heads = ['fault', 'what was done', 'sessions', 'writes'].map(head => `<th>${head}</th>`).join('');
  return [
    section(
      'What happened to clients during each fault',
      `<table class="table faults"><thead><tr>${heads}<th class="number">forced re-logins</th><th>longest gap</th></tr></thead>` +
        `<tbody>${rows.join('')}</tbody></table>`,
    ),
  ];
}

function proofs(verdict: Verdict): string {
  const shown = shownOf(verdict);
  const more = verdict.violations - shown.length;
  const rest = more <= 0 ? '' : `<p class="dim">… and ${grouped(more)} more of ${verdict.guarantee}</p>`;
  const none =
    shown.length > 0
      ? ''
      : `<p>${verdict.guarantee} was violated ${counted(verdict.violations, 'time')}; the requests that prove it were not recorded.</p>`;
  return `<div class="card">${shown.map(anomaly => proof(anomaly, verdict)).join('')}${none}${rest}</div>`;
}

function proof(anomaly: Anomaly, { claimed }: Verdict): string {
  const notes = anomaly.notes.map(note => `<p class="dim">${escaped(note)}</p>`).join('');
  return (
    `<article><h3 class="${claimed ? 'violated' : 'unknown'}">${escaped(titleOf(anomaly))}</h3>` +
    `<p>${escaped(anomaly.summary)}</p>${witness(anomaly.witness)}${notes}</article>`
  );
}

/** Maximum number of requests of a witness that the page shows; result.json has all of them. */
const STEPS = 60;

function witness(steps: readonly WitnessStep[]): string {
  if (steps.length === 0) return '';
  const shown = steps.slice(0, STEPS);
  const lanes = overlaps(shown) ? lanesOf(shown) : [];
  const items = shown.map(
    (step, i) =>
      `<li class="step${step.expected === undefined ? '' : ' broken'}">${
        `<span class="time">${(step.operation.call / 1e6).toFixed(3)} s</span>` +
        `<span>${i + 1}. ${escaped(whatOf(step.operation))}</span>` +
        `<span>${escaped(step.operation.instance ?? '')}</span>` +
        `<span class="came">${cameOf(step)}</span>${lanes[i] ?? ''}`
      }</li>`,
  );
  const left = steps.length - shown.length;
  return `<ol class="witness">${items.join('')}</ol>${left > 0 ? `<p class="dim">… and ${left} more requests</p>` : ''}`;
}

function cameOf({ operation, expected, came }: WitnessStep): string {
  const answer = operation.note === undefined ? '' : `${escaped(operation.note)}: `;
  const got = `${answer}${escaped(came)}`;
  return expected === undefined ? got : `<strong>expected ${escaped(expected)}</strong><br/>${got}`;
}

/** Draws overlapping requests as bars over time, not to scale: a position is the rank of a call or a return. */
function lanesOf(steps: readonly WitnessStep[]): string[] {
  const spans = spansOf(steps.map(step => step.operation));
  const last = Math.max(1, ...spans.map(span => span.to));
  const part = (rank: number): string => ((100 * rank) / last).toFixed(1);
  return spans.map(
    ({ from, to }) =>
      `<div class="lane"><div style="margin-left:${part(from)}%;width:${part(to - from)}%"></div></div>`,
  );
}

function instances({ tally }: Result): string {
  if (tally.instances.length === 0) return '<p>No response named its instance.</p>';
  const rows = tally.instances.map(
    ({ instance, requests, share, sessions }) =>
      `<tr><td>${escaped(instance)}</td><td class="number" data-head="requests">${grouped(requests)}</td>` +
      `<td class="number" data-head="share">${(share * 100).toFixed(1)} %</td>` +
      `<td><div class="share" style="width:${(share * 100).toFixed(1)}%"></div></td>` +
      `<td class="number" data-head="sessions">${grouped(sessions)}</td></tr>`,
  );
  const failures = failuresOf(tally).map(([how, count]) => `${how} × ${grouped(count)}`);
  return (
    '<table class="table"><thead><tr><th>instance</th><th class="number">requests</th><th class="number">share</th><th class="bar"></th><th class="number">sessions</th></tr></thead>' +
    `<tbody>${rows.join('')}</tbody></table>` +
    (failures.length === 0
      ? ''
      : `<p class="dim">Requests without success: ${escaped(failures.join(', '))}</p>`)
  );
}

const remarks = ({ remarks: all }: Result): string[] =>
  all.length === 0 ? [] : [section('Notes', all.map(remark => `<p>${escaped(remark)}</p>`).join(''))];

const again = ({ command, seed }: Result): string =>
  `<div class="card"><code>${escaped(command)}</code><p class="dim">seed ${seed}; ` +
  `<code>${COMMAND} check</code> judges the recorded history again</p></div>`;
