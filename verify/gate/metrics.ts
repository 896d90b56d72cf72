/** Writes the status of the gate in the OpenMetrics text format. */
import type { Status } from './gate.ts';

const VALUES = { valid: 1, unknown: 0, violated: -1 } as const;

interface Metric {
  name: string;
  type: 'gauge' | 'counter';
  help: string;
  samples: readonly { labels: Readonly<Record<string, string>>; value: number }[];
}

/** Source of the format: OpenMetrics 1.0. */
export function openMetrics({ verdict, state, crossings, forms }: Status): string {
  const pairs = (value: (one: Status['crossings'][number]) => number) =>
    crossings.map(one => ({ labels: { created: one.created, served: one.served }, value: value(one) }));
  const metrics: Metric[] = [
    {
      name: 'baton_gate_verdict',
      type: 'gauge',
      help: '1 valid, 0 unknown, -1 violated',
      samples: [{ labels: {}, value: VALUES[verdict] }],
    },
    {
      name: 'baton_gate_running',
      type: 'gauge',
      help: '1 while sessions are kept open',
      samples: [{ labels: {}, value: state === 'running' ? 1 : 0 }],
    },
    {
      name: 'baton_gate_sessions',
      type: 'gauge',
      help: 'sessions that one version created and one version served',
      samples: pairs(({ sessions }) => sessions),
    },
    {
      name: 'baton_gate_sessions_lost',
      type: 'counter',
      help: 'those that the serving version lost',
      samples: pairs(({ lost }) => lost),
    },
    {
      name: 'baton_gate_requests',
      type: 'counter',
      help: 'requests of those sessions',
      samples: pairs(({ requests }) => requests),
    },
    {
      name: 'baton_gate_forms_refused',
      type: 'counter',
      help: 'forms on pages of one version that one version refused',
      samples: forms.map(({ page, served, refused }) => ({ labels: { page, served }, value: refused })),
    },
  ];
  return `${metrics.map(written).join('')}# EOF\n`;
}

function written({ name, type, help, samples }: Metric): string {
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
