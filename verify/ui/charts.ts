/** Draws the plots of the report with uPlot. */
import uPlot from 'uplot';
import { PERCENTILES, type Plots } from '../reports/view/chunk.ts';
import { type Paint, paintOf } from './paint.ts';
import { element } from './panel.ts';
import type { ViewState } from './state.ts';

interface Line {
  label: string;
  colour: string;
  values: (number | null)[];
  dash?: number[];
  fill?: string;
}

interface Chart {
  title: string;
  x: number[];
  lines: Line[];
  /** Labels of the x axis. Absent if the axis shows seconds. */
  names?: string[];
  /** Quantity on the x axis, such as `age`. Absent if the axis shows the time of the run. */
  by?: string;
  bars?: boolean;
  unit: string;
}

export function charts(state: ViewState, box: HTMLElement, sides: HTMLElement | null): { draw: () => void } {
  let made: uPlot[] = [];
  const draw = (): void => {
    for (const plot of made) plot.destroy();
    made = [];
    box.replaceChildren();
    sides?.replaceChildren();
    const { plots } = state.data;
    const paint = paintOf();
    if (plots === undefined) return;
    for (const chart of overTime(plots, state.data.instances, paint))
      made.push(drawn(chart, box, state, paint));
    box.append(latencyTable(plots));
    if (sides !== null)
      for (const chart of compared(state, paint)) made.push(drawn(chart, sides, state, paint));
  };
  return { draw };
}

function overTime(plots: Plots, named: readonly string[], paint: Paint): Chart[] {
  const seconds = plots.width / 1e6;
  const x = plots.born.map((_, i) => i * seconds);
  return [requestRates(plots, x, named, paint), sessionCounts(plots, x, paint), sessionAges(plots, paint)];
}

function requestRates(plots: Plots, x: number[], named: readonly string[], paint: Paint): Chart {
  const rate = (counts: readonly number[]): number[] => counts.map(count => count / (plots.width / 1e6));
  const failed = x.map((_, i) => plots.failed.reduce((total, counts) => total + (counts[i] ?? 0), 0));
  return {
    title: 'Requests per second, by instance',
    x,
    unit: '/s',
    lines: [
      ...plots.instances.map((name, i) => ({
        label: name === '' ? 'not named' : name,
        colour: paint.instance(named.indexOf(name)),
        values: rate(plots.requests[i] ?? []),
      })),
      { label: 'errors', colour: paint.bad, values: rate(failed), fill: `${paint.bad}44` },
    ],
  };
}

function sessionCounts({ born, ended, lost }: Plots, x: number[], paint: Paint): Chart {
  const live = sums(born.map((count, i) => count - (ended[i] ?? 0)));
  return {
    title: 'Live sessions, and forced logins so far',
    x,
    unit: '',
    lines: [
      { label: 'live sessions', colour: paint.instance(0), values: live },
      { label: 'sessions lost: forced logins', colour: paint.bad, values: sums(lost), dash: [6, 3] },
    ],
  };
}

/** Returns the sum of each value and all values before it. */
function sums(values: readonly number[]): number[] {
  let sum = 0;
  return values.map(value => {
    sum += value;
    return sum;
  });
}

const sessionAges = ({ ages }: Plots, paint: Paint): Chart => ({
  title: 'Requests by the age of their session',
  by: 'age',
  unit: '',
  bars: true,
  x: ages.map((_, i) => i),
  names: ages.map((_, i) => (i < 6 ? `< ${2 ** i} s` : `< ${Math.round(2 ** i / 6) / 10} min`)),
  lines: [{ label: 'requests', colour: paint.instance(0), values: ages, fill: `${paint.instance(0)}88` }],
});

function compared({ facts }: ViewState, paint: Paint): Chart[] {
  const { sides = [] } = facts;
  if (sides.length === 0) return [];
  const dashes = [[6, 4], []];
  const instances = [
    ...new Set(sides.flatMap(side => side.instances.map(({ instance }) => instance))),
  ].sort();
  const line = (i: number, values: (number | null)[]): Line => ({
    label: sides[i]?.name ?? '',
    colour: i === 0 ? paint.dim : paint.instance(0),
    values,
    dash: dashes[i] ?? [],
  });
  return [
    {
      title: 'Response time by percentile',
      by: 'percentile',
      unit: ' ms',
      x: PERCENTILES.map((_, i) => i),
      names: PERCENTILES.map(percent => `p${percent}`),
      lines: sides.map((side, i) => line(i, side.quantiles)),
    },
    {
      title: 'Share of the requests, by instance',
      by: 'instance',
      unit: ' %',
      x: instances.map((_, i) => i),
      names: instances,
      lines: sides.map((side, i) =>
        line(
          i,
          instances.map(name => (side.instances.find(({ instance }) => instance === name)?.share ?? 0) * 100),
        ),
      ),
    },
  ];
}

function drawn(chart: Chart, box: HTMLElement, state: ViewState, paint: Paint): uPlot {
  const { title, x, lines, names, by = 'time', bars, unit } = chart;
  const figure = element('figure', [element('figcaption', [title])]);
  box.append(figure);
  const shown = (value: number | null): string =>
    value === null
      ? '–'
      : `${value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 })}${unit}`;
  const at = (value: number): string =>
    names === undefined ? `${value.toFixed(2)} s` : (names[Math.round(value)] ?? '');
  const axis = {
    stroke: paint.dim,
    grid: { stroke: paint.line, width: 1 },
    ticks: { stroke: paint.line, width: 1 },
  };
  return new uPlot(
    {
      width: Math.max(280, figure.clientWidth - 4),
      height: 220,
      scales: { x: { time: false, ...(names === undefined ? {} : { range: [-0.5, x.length - 0.5] }) } },
      series: [
        {
          label: by,
          value: (_, value) => (value === null ? '–' : at(value)),
        },
        ...lines.map(line => seriesOf(line, shown, bars)),
      ],
      axes: [
        { ...axis, ...(names === undefined ? {} : { incrs: [1] }), values: (_, all) => all.map(at) },
        { ...axis, size: 60, values: (_, all) => all.map(shown) },
      ],
      hooks: names === undefined ? { drawClear: [plot => bands(plot, state, paint)] } : {},
    },
    [x, ...lines.map(({ values }) => values)],
    figure,
  );
}

function seriesOf(
  { label, colour, dash, fill }: Line,
  shown: (value: number | null) => string,
  bars = false,
): uPlot.Series {
  const paths = bars ? uPlot.paths.bars?.({ size: [0.8, 60] }) : undefined;
  return {
    label,
    stroke: colour,
    width: 1.5,
    value: (_, value: number | null) => shown(value),
    ...(dash === undefined ? {} : { dash }),
    ...(fill === undefined ? {} : { fill }),
    ...(paths === undefined ? {} : { paths, points: { show: false } }),
  };
}

function bands(plot: uPlot, { data }: ViewState, paint: Paint): void {
  const { ctx, bbox } = plot;
  for (const { begin, end = data.until } of data.faults) {
    const x = plot.valToPos(begin / 1e6, 'x', true);
    const to = plot.valToPos(end / 1e6, 'x', true);
    ctx.fillStyle = paint.band;
    ctx.fillRect(
      Math.max(x, bbox.left),
      bbox.top,
      Math.max(2, Math.min(to, bbox.left + bbox.width) - x),
      bbox.height,
    );
  }
}

function latencyTable({ latency }: Plots): HTMLElement {
  const most = Math.max(1, ...latency.map(({ p99 }) => p99));
  const ms = (time: number): string => `${(time / 1e3).toFixed(time < 10_000 ? 1 : 0)} ms`;
  const before = latency.some(({ part }) => part !== '') ? 'before the faults' : 'whole run';
  const rows = latency.map(({ part, instance, count, p50, p95, p99 }) => {
    const bar = element('div', [], { class: 'latency' });
    bar.style.width = `${(100 * p99) / most}%`;
    bar.style.setProperty('--p50', `${(100 * p50) / p99}%`);
    bar.style.setProperty('--p95', `${(100 * p95) / p99}%`);
    const numbers = [count.toLocaleString('en'), ms(p50), ms(p95), ms(p99)];
    const heads = ['requests', 'p50', 'p95', 'p99'];
    return element('tr', [
      element('td', [part === '' ? before : part]),
      element('td', [instance === '' ? 'not named' : instance]),
      ...numbers.map((text, i) => element('td', [text], { class: 'number', 'data-head': heads[i] ?? '' })),
      element('td', [bar]),
    ]);
  });
  const heads = ['part of the run', 'instance', 'requests', 'p50', 'p95', 'p99', 'up to p50, p95, p99'];
  const head = element(
    'tr',
    heads.map(text => element('th', [text], /^(req|p\d)/.test(text) ? { class: 'number' } : {})),
  );
  const caption = element('caption', ['Response times of successful requests, by instance']);
  return element('table', [caption, element('thead', [head]), element('tbody', rows)], { class: 'table' });
}
