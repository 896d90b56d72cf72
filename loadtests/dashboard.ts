/** Logs in each user once, reads the dashboard, and sometimes changes the basket: `k6 run loadtests/dashboard.ts`. */
import { check, sleep } from 'k6';
import type { Options } from 'k6/options';
import { type Run, type SummaryData, verified } from './lib/k6.ts';
import { loadOf, loginTime } from './shared/load.ts';

const { thresholds, start, end, session, guarded, summary } = verified('dashboard');
const { users, duration, rate, think, errors, p95, dropped } = loadOf(__ENV);

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
  return summary(data);
}
