/**
 * Logs out all users at the same time, and then replays the old cookies. Tests whether a logout is final on every
 * instance, even if a request is in flight.
 */
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { type Run, type SummaryData, verified } from './lib/k6.ts';
import { loadOf, loginTime } from './shared/load.ts';

const { thresholds, start, end, session, guarded, summary } = verified('logout-storm', { logouts: true });
const { users, duration, rate, errors, p95, dropped } = loadOf(__ENV, { duration: '60s', users: 20 });

/** Seconds between two rounds of logouts. */
const PERIOD = 4;
/** Number of requests before a logout. They must reach every instance, so that every instance knows the session. */
const REQUESTS = 12;
const REPLAYS = 6;

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
  if (!s.login()) return;
  for (let i = 0; i < REQUESTS && s.alive; i++) {
    const wrote = s.random() < 0.2 && s.write();
    if (!wrote) check(s.get(s.nextPage()), { 'status is 200': ({ status }) => status === 200 });
  }
  const elapsed = (Date.now() - exec.scenario.startTime) / 1000;
  sleep(PERIOD - (elapsed % PERIOD));
  if (s.alive) s.logout({ raced: exec.vu.idInTest % 2 === 1, replays: REPLAYS });
});

export const login = guarded((run: Run) => void session(run).login());

export function teardown(run: Run): void {
  end(run);
}

export function handleSummary(data: SummaryData): Record<string, string> {
  return summary(data);
}
