/** Starts the page: reads its data, draws timeline and plots, and handles pointer and keyboard. */
import type { Facts } from '../reports/view/chunk.ts';
import { charts } from './charts.ts';
import { Data, inflate } from './data.ts';
import { anomaly, listen } from './input.ts';
import { Lanes } from './lanes.ts';
import { follow, linkOf } from './link.ts';
import { followRun } from './live.ts';
import { Overview } from './overview.ts';
import { showFacts, showLegend } from './panel.ts';
import { ViewState as Shown, statusOf, type ViewState } from './state.ts';

function get<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`expected an element with the id ${id}`);
  return found as Kind;
}

const textOf = (id: string): string => get(id).textContent ?? '';

function filters(state: ViewState): void {
  const changed = (): void => {
    state.filters = {
      text: get<HTMLInputElement>('find').value,
      instance: get<HTMLSelectElement>('by-instance').value,
      status: get<HTMLSelectElement>('by-status').value,
      guarantee: get<HTMLSelectElement>('by-guarantee').value,
    };
    state.select();
  };
  for (const id of ['find', 'by-instance', 'by-status', 'by-guarantee'])
    get(id).addEventListener('input', changed);
}

/** Adds new instances, statuses and guarantees to the filters, and keeps the reader's selection. */
function options(state: ViewState): void {
  const fill = (id: string, names: Iterable<string>): void => {
    const list = get<HTMLSelectElement>(id);
    const known = new Set([...list.options].map(option => option.value));
    for (const name of names) if (!known.has(name)) list.add(new Option(name, name));
  };
  const statuses = new Set<string>();
  for (const { ops } of state.data.sessions) for (const op of ops) statuses.add(statusOf(op));
  fill('by-instance', state.data.instances);
  fill('by-status', [...statuses].sort());
  fill('by-guarantee', new Set(state.facts.anomalies.map(({ guarantee }) => guarantee)));
}

function buttons(state: ViewState): void {
  const acts: Record<string, () => void> = {
    'zoom-in': () => state.zoom(0.5),
    'zoom-out': () => state.zoom(2),
    'zoom-all': () => state.all(),
    next: () => anomaly(state, 1),
    previous: () => anomaly(state, -1),
  };
  for (const [id, act] of Object.entries(acts)) get(id).addEventListener('click', act);
  for (const button of document.querySelectorAll<HTMLElement>('[data-show]'))
    button.addEventListener('click', () => {
      const mark = state.facts.anomalies.find(({ id }) => id === button.dataset['show']);
      if (mark !== undefined) state.anomaly(mark);
      get('timeline').scrollIntoView();
      get('lanes').focus({ preventScroll: true });
    });
}

function copying(): void {
  for (const button of document.querySelectorAll<HTMLElement>('[data-copy]'))
    button.addEventListener('click', async () => {
      const label = button.textContent;
      await navigator.clipboard.writeText(textOf(button.dataset['copy'] ?? ''));
      button.textContent = 'Copied';
      setTimeout(() => {
        button.textContent = label;
      }, 1500);
    });
}

/** Returns a text such as `2 of 500 sessions (s1, s2), 0.100 s to 1.200 s`, also for screen readers. */
function summary({ rows, data, from, until, focus }: ViewState): string {
  const sessions = `${rows.length.toLocaleString('en')} of ${data.sessions.length.toLocaleString('en')} sessions`;
  const names = focus.length > 0 ? ` (${focus.map(({ name }) => name).join(', ')})` : '';
  return `${sessions}${names}, ${(Math.max(0, from) / 1e6).toFixed(3)} s to ${(until / 1e6).toFixed(3)} s`;
}

function drawing(state: ViewState, lanes: Lanes, overview: Overview): void {
  let waiting = false;
  let chosen = state.chosen;
  let link: ReturnType<typeof setTimeout> | undefined;
  const draw = (): void => {
    waiting = false;
    // Draws nothing before the first layout, when the page's width is 0. After the layout, a resize event draws the
    // page.
    if (get('lanes').clientWidth === 0) return;
    if (state.chosen !== undefined && chosen !== state.chosen) lanes.reveal(state.chosen.session);
    if (chosen !== state.chosen) showFacts(state, get('facts'));
    chosen = state.chosen;
    lanes.draw();
    overview.draw();
    get('shown').textContent = summary(state);
    clearTimeout(link);
    // Waits before it changes the address, because browsers limit the number of changes.
    link = setTimeout(() => history.replaceState(null, '', linkOf(state)), 300);
  };
  state.onChange = () => {
    if (!waiting) requestAnimationFrame(draw);
    waiting = true;
  };
}

async function start(): Promise<void> {
  document.documentElement.classList.add('scripts');
  copying();
  const facts = JSON.parse(textOf('facts-data')) as Facts;
  const data = new Data(facts.run);
  if (facts.live !== true) data.add(await inflate(textOf('chunk-data')));
  const state = new Shown(data, facts);
  const canvas = get<HTMLCanvasElement>('bars');
  const lanes = new Lanes(state, get('lanes'), get('sheet'), canvas);
  const overview = new Overview(state, get<HTMLCanvasElement>('overview'));
  listen(state, lanes, get('lanes'), canvas);
  filters(state);
  buttons(state);
  drawing(state, lanes, overview);
  const plots = charts(state, get('charts'), document.getElementById('sides'));
  const redraw = (): void => {
    options(state);
    showLegend(state, get('legend'));
    state.onChange();
    plots.draw();
  };
  state.all();
  follow(state);
  redraw();
  if (facts.live === true) followRun(state, redraw);
  addEventListener('resize', redraw);
  addEventListener('hashchange', () => follow(state));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  addEventListener('beforeprint', () => {
    for (const part of document.querySelectorAll('details')) part.open = true;
    redraw();
  });
}

void start();
