/** Writes metrics in the text format of OpenMetrics 1.0, which Prometheus reads. */

export interface MetricFamily {
  name: string;
  type: 'gauge' | 'counter' | 'summary';
  help: string;
  samples: readonly { labels: Readonly<Record<string, string>>; value: number }[];
}

export const CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export const openMetrics = (metrics: readonly MetricFamily[]): string =>
  `${metrics.map(written).join('')}# EOF\n`;

function written({ name, type, help, samples }: MetricFamily): string {
  const sample = type === 'counter' ? `${name}_total` : name;
  const lines = samples.map(({ labels, value }) => `${sample}${labelled(labels)} ${value}\n`);
  return `# TYPE ${name} ${type}\n# HELP ${name} ${help}\n${lines.join('')}`;
}

function labelled(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
