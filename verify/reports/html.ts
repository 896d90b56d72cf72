/**
 * Writes a result as one HTML page. The page loads nothing from the network, and shows verdicts and proofs without
 * JavaScript. Tests omit `view` (timeline and plots), because the page is then well-formed XML.
 */
import { COMMAND } from '../core/command.ts';
import type { Trend } from '../core/compare/difference.ts';
import { counted, grouped } from '../core/result/format.ts';
import { failuresOf, type Result } from '../core/result/result.ts';
import type { Anomaly, Verdict } from '../core/result/verdict.ts';
import { conclusionOf, nameOf, sameLine, WORD, whatDiffers } from './comparison.ts';
import { faultRows } from './faults.ts';
import { type Explain, guaranteesHtml, MARK } from './html-guarantees.ts';
import { STYLE } from './html-style.ts';
import { LIVE_HEADER, plotsHtml, scriptHtml, scripts, timelineHtml } from './html-view.ts';
import { witnessHtml } from './html-witness.ts';
import { did } from './markdown.ts';
import { escaped, fenced, inMarkdown } from './markup.ts';
import {
  conclusion,
  findingOf,
  overall,
  type Report,
  type ReportInput,
  safely,
  shownOf,
  storyLines,
  titleOf,
  type View,
  worstFirst,
} from './report.ts';
import { TIME_HEADS, timeRows } from './times.ts';
import type { Facts } from './view/chunk.ts';
import { headlineOf } from './view/marks.ts';

export const html = (explain: Explain = () => undefined): Report =>
  safely(input => {
    const { result, view } = input;
    const broken = brokenOf(result);
    return page(
      `${overall(input)}: ${result.target}`,
      [
        banner(input, broken),
        ...comparisonSection(input),
        ...(view === undefined ? [] : [timelineHtml(view.left)]),
        ...(broken.length === 0
          ? []
          : [
              section(
                'Violations, and the requests that prove them',
                broken.map(of => proofs(of, result)).join(''),
              ),
            ]),
        section('Guarantees', guaranteesHtml(result, explain)),
        ...faults(result),
        ...(view === undefined ? [] : [plotsHtml()]),
        section('Instances', instances(result)),
        ...times(result),
        ...remarks(result),
        section('See it again', again(result)),
        ...(view === undefined ? [] : [scriptHtml({ ...input, view })]),
      ],
      view,
    );
  });

const brokenOf = ({ guarantees }: Result): Verdict[] =>
  worstFirst(guarantees).filter(verdict => verdict.violations > 0);

/** Returns the page for a run in progress. The page requests its data from the server of `--ui`. */
export function liveHtml(code: Pick<View, 'code' | 'hash' | 'style'>): string {
  const facts: Facts = { run: '', anomalies: [], live: true };
  return page(
    'running',
    [LIVE_HEADER, timelineHtml(0), plotsHtml(), scripts(facts, '', code.code)],
    code,
    "; connect-src 'self'",
  );
}

/** @param more directives to add to the content security policy */
function page(
  title: string,
  sections: readonly string[],
  view: Pick<View, 'hash' | 'style'> | undefined,
  more = '',
): string {
  return `<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="${policy(view)}${more}"/>
<meta name="referrer" content="no-referrer"/>
<title>${escaped(title)}</title>
<style>${STYLE}${view?.style ?? ''}</style>
</head>
<body>
<main>
${sections.join('\n')}
</main>
</body>
</html>
`;
}

/** Allows the page only its own style and script. */
const policy = (view: Pick<View, 'hash'> | undefined): string =>
  `default-src 'none'; style-src 'unsafe-inline'${view === undefined ? '' : `; script-src 'sha256-${view.hash}'`}`;

const section = (title: string, inside: string): string =>
  `<section><h2>${escaped(title)}</h2>${inside}</section>`;

function banner(input: ReportInput, broken: readonly Verdict[]): string {
  const { result, comparison } = input;
  const { target, url, run, started } = result;
  const judgement = overall(input);
  const headline =
    comparison === undefined || result.judgement === judgement
      ? conclusion(result)
      : `${judgement === 'violated' ? 'worse: ' : ''}${conclusionOf(comparison)}`;
  const shown = broken.slice(0, HEADLINES);
  const more = broken.length - shown.length;
  return (
    `<header class="banner ${judgement}"><h1>${MARK[judgement]} ${escaped(capital(headline))}</h1>` +
    `<p>${escaped(target)} at <code>${escaped(url)}</code></p>` +
    (shown.length === 0 ? '' : `<ul class="broke">${shown.map(headlineHtml).join('')}</ul>`) +
    (more > 0 ? `<p class="dim">and ${counted(more, 'more violated guarantee')}, below</p>` : '') +
    `<p>The verdict rests on ${escaped(did(result))}.</p>` +
    `<p class="dim">run ${escaped(run)}, ${escaped(started)}</p></header>`
  );
}

const HEADLINES = 3;

function headlineHtml(verdict: Verdict): string {
  const { anomaly, where, since } = headlineOf(verdict);
  const places = where.map(([instance]) => instance);
  const on = places.length === 0 ? '' : ` on <strong>${escaped(places.join(', '))}</strong>`;
  const when =
    since === undefined ? '' : `, first <strong>${(since / 1e6).toFixed(2)} s</strong> after the start`;
  return (
    `<li><a href="#${verdict.guarantee}-1"><strong>${escaped(anomaly?.name ?? '')}</strong> ${verdict.guarantee}</a>` +
    `${verdict.claimed ? '' : ' (not claimed)'}${on}: ${escaped(findingOf(verdict))}${when}` +
    `<br/>${escaped(anomaly?.summary ?? 'the requests that prove it were not recorded')}</li>`
  );
}

const COLOUR: Record<Trend, string> = { worse: 'violated', untold: 'unknown', better: 'valid', same: 'dim' };

function comparisonSection({ comparison }: ReportInput): string[] {
  if (comparison === undefined) return [];
  const rows = whatDiffers(comparison).map(
    ({ change, abouts, said: text }) =>
      `<tr><td class="verdict ${COLOUR[change]}">${WORD[change]}</td>` +
      `<td><strong>${abouts.join(', ')}</strong></td><td>${escaped(text)}</td></tr>`,
  );
  const table = rows.length === 0 ? '' : `<table class="table"><tbody>${rows.join('')}</tbody></table>`;
  const same = sameLine(comparison).map(line => `<p class="dim">${escaped(line)}</p>`);
  const plots = '<div id="sides" class="scripted"></div>';
  return [section(`Compared with ${nameOf(comparison.base)}`, table + same.join('') + plots)];
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

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

function proofs(verdict: Verdict, result: Result): string {
  const shown = shownOf(verdict);
  const more = verdict.violations - shown.length;
  const rest = more <= 0 ? '' : `<p class="dim">… and ${grouped(more)} more of ${verdict.guarantee}</p>`;
  const none =
    shown.length > 0
      ? ''
      : `<p>${verdict.guarantee} was violated ${counted(verdict.violations, 'time')}; the requests that prove it were not recorded.</p>`;
  const all = shown.map((anomaly, i) => proof(anomaly, verdict, i + 1)).join('');
  const mend = `<p><a href="#guarantee-${verdict.guarantee}">What usually breaks ${verdict.guarantee}, and how to mend it</a></p>`;
  return `<div class="card">${all}${none}${rest}${mend}${copyButtons(verdict, result)}</div>`;
}

function proof(anomaly: Anomaly, { claimed, guarantee }: Verdict, number: number): string {
  const notes = anomaly.notes.map(note => `<p class="dim">${escaped(note)}</p>`).join('');
  const id = `${guarantee}-${number}`;
  return (
    `<article id="${id}"><h3 class="${claimed ? 'violated' : 'unknown'}">${escaped(titleOf(anomaly))}</h3>` +
    `<p>${escaped(anomaly.summary)}</p>${witnessHtml(anomaly)}${notes}` +
    `<p class="scripted"><button type="button" data-show="${id}">Show on the timeline</button></p></article>`
  );
}

function copyButtons(verdict: Verdict, result: Result): string {
  const [title = '', ...lines] = storyLines(verdict, result);
  const text = [
    `## ${verdict.guarantee} is violated: ${inMarkdown(title)}`,
    '',
    inMarkdown(`${result.target} at ${result.url}, run ${result.run}, ${result.started}`),
    '',
    fenced(lines.filter((line, i) => i > 0 || line !== '')),
  ].join('\n');
  const id = `issue-${verdict.guarantee}`;
  return (
    `<p class="scripted"><button type="button" data-copy="command">Copy the command</button> ` +
    `<button type="button" data-copy="${id}">Copy as an issue</button></p>` +
    `<pre id="${id}" hidden="hidden">${escaped(text)}</pre>`
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
    '<table class="table"><thead><tr><th>instance</th><th class="number">requests</th><th class="number">share</th><th class="bar">share as a bar</th><th class="number">sessions</th></tr></thead>' +
    `<tbody>${rows.join('')}</tbody></table>` +
    (failures.length === 0
      ? ''
      : `<p class="dim">Requests without success: ${escaped(failures.join(', '))}</p>`)
  );
}

function times(result: Result): string[] {
  const rows = timeRows(result);
  if (rows.length === 0) return [];
  const line = (cells: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map((cell, i) => `<${tag}${i < 2 ? '' : ' class="number"'}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  const body = rows.map(row => line(row, 'td')).join('');
  const table = `<table class="table"><thead>${line(TIME_HEADS, 'th')}</thead><tbody>${body}</tbody></table>`;
  return [section('Response times', table)];
}

const remarks = ({ remarks: all }: Result): string[] =>
  all.length === 0 ? [] : [section('Notes', all.map(remark => `<p>${escaped(remark)}</p>`).join(''))];

const again = ({ command, seed, run }: Result): string =>
  `<div class="card"><code id="command">${escaped(command)}</code><p class="dim">seed ${seed}; ` +
  `<code>${COMMAND} check runs/${escaped(run)}</code> judges the recorded history again</p>` +
  `<p class="scripted"><button type="button" data-copy="command">Copy the command</button></p></div>`;
