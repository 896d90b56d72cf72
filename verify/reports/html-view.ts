/** Creates the HTML elements in which a script draws the timeline and the plots, and the data for the script. */
import { grouped } from '../core/result/format.ts';
import type { Result } from '../core/result/result.ts';
import { escaped } from './markup.ts';
import type { ReportInput, View } from './report.ts';
import type { Facts } from './view/chunk.ts';
import { marksOf } from './view/marks.ts';

const button = (id: string, text: string, label: string): string =>
  `<button type="button" id="${id}" title="${label}" aria-label="${label}">${text}</button>`;

const select = (id: string, label: string): string =>
  `<label>${label} <select id="${id}"><option value="">all</option></select></label>`;

const HELP =
  'Each lane is a session, each bar a request in the colour of its instance. Drag to pan, Ctrl and wheel or pinch to zoom, ' +
  'drag in the overview to choose a time. Keys: arrows pan, + and − zoom, 0 shows all, n and p go to the next and the ' +
  'previous anomaly, . and , to the next and the previous request of the session.';

/** @param left number of requests that the timeline omits */
export function timelineHtml(left: number): string {
  const rest =
    left === 0
      ? ''
      : `<p class="note">The run is too long to show each request. Sessions with an anomaly, and the time around ` +
        `anomalies and faults, are shown. The other ${grouped(left)} requests are counted in the overview and the plots.</p>`;
  return (
    `<section id="timeline" class="scripted"><h2>Timeline</h2>${rest}` +
    `<div class="tools"><label>Find <input id="find" type="search" placeholder="session, user, path" size="16"/></label>` +
    `${select('by-instance', 'Instance')}${select('by-status', 'Status')}${select('by-guarantee', 'Anomaly')}` +
    `<span class="buttons">${button('zoom-in', '+', 'Zoom in')}${button('zoom-out', '−', 'Zoom out')}` +
    `${button('zoom-all', 'All', 'Show all sessions and the whole run')}` +
    `${button('previous', '‹ ✗', 'Previous anomaly')}${button('next', '✗ ›', 'Next anomaly')}</span></div>` +
    `<div id="legend" class="legend"></div>` +
    `<canvas id="overview" role="img" aria-label="Requests over time"></canvas>` +
    `<div id="lanes" tabindex="0" role="application" aria-label="Timeline of sessions. ${escaped(HELP)}">` +
    `<div id="sheet"><canvas id="bars" aria-hidden="true"></canvas></div></div>` +
    `<p id="shown" class="dim" role="status"></p><div id="facts" aria-live="polite"></div>` +
    `<details class="help"><summary>How to read and move the timeline</summary><p>${HELP}</p></details></section>`
  );
}

export const plotsHtml = (): string =>
  '<section id="plots" class="scripted"><h2>Over time</h2><div id="charts"></div></section>';

/** The header of the page that `--ui` serves during a run. */
export const LIVE_HEADER =
  '<header id="live" class="banner"><h1>Running</h1><p id="live-about"></p><p role="status" id="live-counts"></p>' +
  '<ul class="broke" id="live-anomalies"></ul></header>';

export const scriptHtml = ({ result, view }: ReportInput & { view: View }): string =>
  scripts(factsOf(result, view), view.data, view.code);

export const scripts = (facts: Facts, data: string, code: string): string =>
  `<script type="application/json" id="facts-data">${inScript(facts)}</script>` +
  `<script type="text/plain" id="chunk-data">${data}</script><script>${code}</script>`;

function factsOf(result: Result, { sides }: Pick<View, 'sides'>): Facts {
  return { run: result.run, anomalies: marksOf(result), ...(sides === undefined ? {} : { sides }) };
}

/** Escapes `<`, `>` and `&`, so that a text such as `</script>` cannot end the element. */
const inScript = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<>&]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
