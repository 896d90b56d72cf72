/**
 * Sends a steady load while you deploy. Measures how many sessions survive, and how long users wait for a successful
 * response (limit: BUDGET).
 */
import { check, sleep } from 'k6';
import type { Options } from 'k6/options';
import { counted, grouped } from '../verify/core/result/format.ts';
import { type Run, type SummaryData, verified } from './lib/k6.ts';
import { loadOf, loginTime } from './shared/load.ts';

const load = loadOf(__ENV, { duration: '5m', users: 20, think: [0.05, 0.3], budget: 5000 });
const { users, duration, rate, think, errors, p95, dropped, budget } = load;
const { thresholds, start, end, session, guarded, summary } = verified('deploy', {
  window: { errors, gap: budget },
});

export const options: Options = {
  // Without RATE, each user waits for the response before its next request.
  ...(rate === undefined
    ? { vus: users, duration }
    : {
        scenarios: {
          login: {
            executor: 'per-vu-iterations',
            vus: users,
            maxDuration: `${loginTime(users)}s`,
            exec: 'login',
          },
          load: {
            executor: 'constant-arrival-rate',
            startTime: `${loginTime(users)}s`,
            rate,
            duration,
            preAllocatedVUs: users,
            maxVUs: users,
          },
        },
      }),
  thresholds: {
    ...thresholds,
    http_req_failed: [`rate<=${errors}`],
    'http_req_duration{phase:load}': [`p(95)<${p95}`],
    dropped_iterations: [`rate<=${dropped * (rate ?? 0)}`],
  },
};

export function setup(): Run {
  return start();
}

export default guarded((run: Run) => {
  const s = session(run);
  if (!s.alive) {
    s.login();
    return;
  }
  const wrote = s.random() < 0.2 && s.write();
  if (!wrote) check(s.get(s.nextPage()), { 'status is 200': ({ status }) => status === 200 });
  sleep(think[0] + (think[1] - think[0]) * s.random());
});

export const login = guarded((run: Run) => void session(run).login());

export function teardown(run: Run): void {
  end(run);
}

export function handleSummary(data: SummaryData): Record<string, string> {
  const value = (metric: string, name: string): number => data.metrics?.[metric]?.values[name] ?? 0;
  const [sessions, lost] = [value('baton_sessions', 'count'), value('baton_sessions_lost', 'count')];
  const gap = value('baton_gap', 'max');
  const waited =
    gap === 0
      ? 'every request succeeded at once'
      : `a user waited up to ${grouped(Math.round(gap))} ms for a success`;
  return summary(data, [
    `deploy: ${grouped(sessions - lost)} of ${counted(sessions, 'session')} survived; ${waited}; ` +
      `${grouped(value('baton_relogins', 'count'))} had to log in again`,
  ]);
}
