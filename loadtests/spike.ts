/**
 * Sends requests at a steady rate, then at ten times this rate, and then at the steady rate again. Tests whether the
 * app recovers.
 */
import { check } from 'k6';
import type { Options } from 'k6/options';
import { type Run, type SummaryData, verified } from './lib/k6.ts';
import { loadOf, loginTime, seconds } from './shared/load.ts';
import { type Part, partLines, tagPart, thresholdsOfParts } from './shared/parts.ts';

const { thresholds, start, end, session, guarded, summary } = verified('spike');
const load = loadOf(__ENV, { duration: '60s', users: 50, rate: 10 });
const { users, errors, p95, dropped, rate = 10 } = load;

const FACTOR = 10;
const all = seconds(load.duration);
const [before, spike, after] = [0.4 * all, 0.2 * all, 0.4 * all];
const parts: Part[] = [
  { name: 'before', from: 0 },
  { name: 'spike', from: before },
  { name: 'after', from: before + spike },
];
const mean = (rate * (before + FACTOR * spike + after)) / all;

export const options: Options = {
  scenarios: {
    login: { executor: 'per-vu-iterations', vus: users, maxDuration: `${loginTime(users)}s`, exec: 'login' },
    load: {
      executor: 'ramping-arrival-rate',
      startTime: `${loginTime(users)}s`,
      startRate: rate,
      stages: [
        { target: rate, duration: `${before}s` },
        { target: FACTOR * rate, duration: '0s' },
        { target: FACTOR * rate, duration: `${spike}s` },
        { target: rate, duration: '0s' },
        { target: rate, duration: `${after}s` },
      ],
      preAllocatedVUs: users,
      maxVUs: users,
    },
  },
  thresholds: {
    ...thresholds,
    ...thresholdsOfParts(parts),
    http_req_failed: [`rate<=${errors}`],
    'http_req_duration{phase:load}': [`p(95)<${p95}`],
    dropped_iterations: [`rate<=${dropped * mean}`],
  },
};

export function setup(): Run {
  return start();
}

export default guarded((run: Run) => {
  tagPart(parts);
  const s = session(run);
  if (!s.alive) {
    s.login();
    return;
  }
  const wrote = s.random() < 0.2 && s.write();
  if (!wrote) check(s.get(s.nextPage()), { 'status is 200': ({ status }) => status === 200 });
});

export const login = guarded((run: Run) => void session(run).login());

export function teardown(run: Run): void {
  end(run);
}

export function handleSummary(data: SummaryData): Record<string, string> {
  return summary(data, partLines(data, parts, ''));
}
