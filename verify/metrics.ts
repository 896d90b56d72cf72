/**
 * Serves the metrics of a run in progress for Prometheus. The k6 scripts send most of these metrics too, with the
 * prefix `k6_`.
 */
import { createServer } from 'node:http';
import { percentilesOf, sizeOf } from './core/result/latency.ts';
import { FIGURES, RELOGINS, TAGGED } from './core/sums/figures.ts';
import { type Listening, listen } from './listen.ts';
import { CONTENT_TYPE, type MetricFamily, openMetrics } from './openmetrics.ts';
import type { RunStatus } from './run-status.ts';

/** The k6 scripts do not send these three metrics. */
const LIVE = 'baton_live_sessions';
const FAULT = 'baton_fault';
const TIME = 'baton_response_seconds';

/** Returns the metrics as text. The label `testid`, usual for k6, has the name of the run. */
export function metricsOf(status: RunStatus): string {
  const { run, instances, outcomes, failures, lost, live, faults, times, requests } = status;
  const testid = run?.run ?? '';
  const one = (value: number) => [{ labels: { testid }, value }];
  const tagged = (
    { metric, tag }: { metric: string; tag: string },
    help: string,
    values: Iterable<readonly [string, number]>,
  ): MetricFamily => ({
    name: metric,
    type: 'counter',
    help,
    samples: [...values].map(([name, value]) => ({ labels: { testid, [tag]: name }, value })),
  });
  const counts = new Map(status.counts.map(({ guarantee, counts: all }) => [guarantee, all]));
  const figures = FIGURES.map(({ metric, count: name, of: [guarantee] }): MetricFamily => {
    const value = counts.get(guarantee)?.[name];
    const help = `${guarantee}: ${name}`;
    return { name: metric, type: 'counter', help, samples: one(typeof value === 'number' ? value : 0) };
  });
  const unnamed = requests - [...instances.values()].reduce((sum, count) => sum + count, 0);
  const quantiles = sizeOf(times) === 0 ? [] : Object.entries(percentilesOf(times));
  return openMetrics([
    tagged(TAGGED.requests, 'requests by instance; the label is empty if the response named no instance', [
      ...instances,
      ...(unnamed > 0 ? [['', unnamed] as const] : []),
    ]),
    tagged(TAGGED.operations, 'operations by outcome', Object.entries(outcomes)),
    tagged(TAGGED.failed, 'operations without success, by status or failure', failures),
    ...figures,
    { name: RELOGINS, type: 'counter', help: 'logins forced by the loss of a session', samples: one(lost) },
    { name: LIVE, type: 'gauge', help: 'sessions that are logged in', samples: one(live.size) },
    {
      name: FAULT,
      type: 'gauge',
      help: '1 while a fault is active',
      samples: [...new Set(faults.values())].map(fault => ({ labels: { testid, fault }, value: 1 })),
    },
    {
      name: TIME,
      type: 'summary',
      help: 'response times of successful requests',
      samples: quantiles.map(([name, time]) => ({
        labels: { testid, quantile: String(Number(name.slice(1)) / 100) },
        value: time / 1e6,
      })),
    },
  ]);
}

/**
 * Serves `/metrics`.
 *
 * @param at PORT or HOST:PORT
 */
export async function serveMetrics(status: RunStatus, at: string): Promise<Listening> {
  const server = createServer(({ url }, response) => {
    if (url !== '/metrics') return response.writeHead(404).end('expected /metrics\n');
    response.writeHead(200, { 'content-type': CONTENT_TYPE });
    return response.end(metricsOf(status));
  });
  return await listen(server, at, '--metrics');
}
