/** Writes k6's end-of-test summary. A script that exports handleSummary() turns off k6's own summary. */
import type { Metric, Summed } from '../core/sums/result.ts';

interface Checked {
  name: string;
  passes: number;
  fails: number;
}

interface Group {
  groups: readonly Group[];
  checks: readonly Checked[];
}

export interface SummaryData extends Summed {
  setup_data?: unknown;
  root_group?: Group;
  options?: { summaryTrendStats?: readonly string[]; summaryTimeUnit?: string };
}

/** Sections of k6's summary with their metrics, in k6's order. Further metrics go into the section CUSTOM. */
const SECTIONS: readonly [title: string, names: RegExp][] = [
  ['HTTP', /^http_req(s|_duration|_failed)$/],
  ['EXECUTION', /^(dropped_iterations|iterations|iteration_duration|vus|vus_max)$/],
  ['NETWORK', /^data_(received|sent)$/],
  ['BROWSER', /^browser_/],
  ['GRPC', /^grpc_/],
  ['WEBSOCKET', /^ws_/],
];
/** Metrics that k6's default summary omits, and `checks`, which has its own section. */
const HIDDEN =
  /^(http_req_(blocked|connecting|tls_handshaking|sending|waiting|receiving)|group_duration|checks)$/;
const TREND_STATS = ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'];

/** Returns the summary in the layout of k6 1.x and 2.x. Each line ends with a newline. */
export function k6Summary(data: SummaryData, colour: boolean): string {
  const paint = (text: string, code: number): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const title = (text: string): string => `  █ ${paint(text, 1)}`;
  const mark = (ok: boolean): string => (ok ? paint('✓', 32) : paint('✗', 31));
  const metrics = Object.entries(data.metrics ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const limited = metrics.filter(([, { thresholds = {} }]) => Object.keys(thresholds).length > 0);
  const thresholds = limited.flatMap(([name, metric]) => [
    `    ${name}`,
    ...Object.entries(metric.thresholds ?? {}).map(
      ([text, { ok }]) => `    ${mark(ok)} '${text}' ${measured(metric, text, data)}`,
    ),
    '',
  ]);
  const sections = sectionsOf(metrics, data).flatMap(([name, lines]) => [
    `    ${paint(name, 1)}`,
    ...lines,
    '',
  ]);
  return [
    '',
    ...(thresholds.length === 0 ? [] : [title('THRESHOLDS'), '', ...thresholds, '']),
    title('TOTAL RESULTS'),
    '',
    ...checkLines(data, mark),
    ...sections,
    '',
  ].join('\n');
}

type Named = [name: string, metric: Metric];

function sectionsOf(metrics: readonly Named[], data: SummaryData): [title: string, lines: string[]][] {
  const shown = metrics.filter(([name]) => !HIDDEN.test(baseOf(name)));
  const sectionOf = (name: string): string =>
    SECTIONS.find(([, names]) => names.test(baseOf(name)))?.[0] ?? 'CUSTOM';
  const titles = ['CUSTOM', ...SECTIONS.map(([title]) => title)];
  const rows = rowsOf(shown, data);
  return titles
    .map((title): [string, string[]] => [
      title,
      rows.filter(({ name }) => sectionOf(name) === title).map(({ line }) => line),
    ])
    .filter(([, lines]) => lines.length > 0);
}

const baseOf = (name: string): string => name.split('{')[0] ?? name;

function rowsOf(metrics: readonly Named[], data: SummaryData): { name: string; line: string }[] {
  const rows = metrics.map(([name, metric]) => ({
    name,
    label: name.includes('{') ? `  { ${name.slice(name.indexOf('{') + 1, -1)} }` : name,
    trend: metric.type === 'trend',
    cells: cellsOf(metric, data),
  }));
  const longest = Math.max(...rows.map(({ label }) => label.length));
  const widthOf = (trend: boolean, column: number): number =>
    Math.max(...rows.filter(row => row.trend === trend).map(({ cells }) => cells[column]?.length ?? 0));
  return rows.map(({ name, label, trend, cells }) => {
    const padded = cells.map((cell, column) => cell.padEnd(widthOf(trend, column)));
    return { name, line: `    ${label.padEnd(longest + 3, '.')}: ${padded.join(' ')}`.trimEnd() };
  });
}

function cellsOf(metric: Metric, { options }: SummaryData): string[] {
  const { values, type } = metric;
  const show = (value = 0): string => human(value, metric, options?.summaryTimeUnit);
  if (type === 'counter') return [show(values['count']), `${show(values['rate'])}/s`];
  if (type === 'gauge')
    return [show(values['value']), `min=${show(values['min'])}`, `max=${show(values['max'])}`];
  if (type === 'rate') {
    const { passes = 0, fails = 0, rate = 0 } = values;
    return [share(rate), `${passes} out of ${passes + fails}`];
  }
  const stats = options?.summaryTrendStats ?? TREND_STATS;
  return stats.map(stat => `${stat}=${stat === 'count' ? (values[stat] ?? 0) : show(values[stat])}`);
}

/** Returns the value for a threshold, such as `p(95)=1.2s` for `p(95)<500`. */
function measured(metric: Metric, threshold: string, { options }: SummaryData): string {
  const stat = /^[^=<>!\s]+/.exec(threshold.trim())?.[0] ?? '';
  const value = metric.values[stat] ?? 0;
  if (metric.type === 'rate') return `${stat}=${share(value)}`;
  const per = metric.type === 'counter' && stat === 'rate' ? '/s' : '';
  return `${stat}=${human(value, metric, options?.summaryTimeUnit)}${per}`;
}

function checkLines({ metrics, root_group, state }: SummaryData, mark: (ok: boolean) => string): string[] {
  const checks = root_group === undefined ? [] : checksIn(root_group);
  const { passes = 0, fails = 0 } = metrics?.['checks']?.values ?? {};
  const all = passes + fails;
  if (all === 0) return [];
  const perSecond = (all / Math.max(1, state?.testRunDurationMs ?? 0)) * 1000;
  const of = (name: string, n: number): string => `    ${name}: ${share(n / all)} ${n} out of ${all}`;
  return [
    `    checks_total.......: ${all} ${trimmed(perSecond, 6)}/s`,
    of('checks_succeeded...', passes),
    of('checks_failed......', fails),
    '',
    ...checks.flatMap(({ name, passes: passed, fails: failed }) => [
      `    ${mark(failed === 0)} ${name}`,
      ...(failed === 0
        ? []
        : [`      ↳  ${Math.floor((100 * passed) / (passed + failed))}% — ✓ ${passed} / ✗ ${failed}`]),
    ]),
    '',
  ];
}

const checksIn = ({ checks, groups }: Group): Checked[] => [...checks, ...groups.flatMap(checksIn)];

const trimmed = (value: number, digits: number): string => String(Number(value.toFixed(digits)));
/** Cuts a number to two decimals without rounding, as k6 does: 99.999 becomes 99.99. */
const cut = (value: number): number => Math.trunc(value * 100) / 100;
const share = (rate: number): string => `${cut(rate * 100).toFixed(2)}%`;

function human(value: number, { type, contains }: Metric, unit: string | undefined): string {
  if (type === 'rate') return share(value);
  if (contains === 'time') return duration(value, unit);
  return contains === 'data' ? bytes(value) : trimmed(value, 6);
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P'];

function bytes(value: number): string {
  let [scaled, prefix] = [value, 0];
  while (scaled >= 1000 && prefix < PREFIXES.length - 1) {
    scaled /= 1000;
    prefix++;
  }
  return `${value < 10 ? trimmed(value, 6) : scaled.toFixed(scaled < 10 ? 1 : 0)} ${PREFIXES[prefix]}B`;
}

const UNITS: Readonly<Record<string, [factor: number, name: string]>> = {
  s: [0.001, 's'],
  ms: [1, 'ms'],
  us: [1000, 'µs'],
};

/**
 * @param value milliseconds
 * @param unit the option `summaryTimeUnit`; if empty, the unit depends on the value
 */
function duration(value: number, unit = ''): string {
  const asked = UNITS[unit];
  if (asked !== undefined) return (value * asked[0]).toFixed(2) + asked[1];
  if (value === 0) return '0s';
  if (value < 0.001) return `${Math.trunc(value * 1e6)}ns`;
  if (value < 1) return `${cut(value * 1000)}µs`;
  if (value < 1000) return `${cut(value)}ms`;
  if (value < 60_000) return `${cut(value / 1000)}s`;
  const minutes = Math.trunc(value / 60_000);
  const seconds = `${Math.round((value % 60_000) / 1000)}s`;
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.trunc(minutes / 60)}h${minutes % 60}m${seconds}`;
}
