/** Writes the status of the gate in the OpenMetrics text format. */
import { type MetricFamily, openMetrics } from '../openmetrics.ts';
import type { Status } from './gate.ts';

const VALUES = { valid: 1, unknown: 0, violated: -1 } as const;

export function gateMetrics({ verdict, state, crossings, forms }: Status): string {
  const pairs = (value: (one: Status['crossings'][number]) => number) =>
    crossings.map(one => ({ labels: { created: one.created, served: one.served }, value: value(one) }));
  const metrics: MetricFamily[] = [
    {
      name: 'baton_gate_verdict',
      type: 'gauge',
      help: '1 valid, 0 unknown, -1 violated',
      samples: [{ labels: {}, value: VALUES[verdict] }],
    },
    {
      name: 'baton_gate_running',
      type: 'gauge',
      help: '1 while the gate keeps sessions open, else 0',
      samples: [{ labels: {}, value: state === 'running' ? 1 : 0 }],
    },
    {
      name: 'baton_gate_sessions',
      type: 'gauge',
      help: 'sessions by the version that created them and a version that served them',
      samples: pairs(({ sessions }) => sessions),
    },
    {
      name: 'baton_gate_sessions_lost',
      type: 'counter',
      help: 'lost sessions by the version that created them and the version that refused them',
      samples: pairs(({ lost }) => lost),
    },
    {
      name: 'baton_gate_requests',
      type: 'counter',
      help: 'requests by the version that created the session and the version that served the request',
      samples: pairs(({ requests }) => requests),
    },
    {
      name: 'baton_gate_forms_refused',
      type: 'counter',
      help: 'refused forms by the version that sent the form and the version that refused it',
      samples: forms.map(({ page, served, refused }) => ({ labels: { page, served }, value: refused })),
    },
  ];
  return openMetrics(metrics);
}
