/**
 * Keeps many sessions open in each virtual user, for thousands of users. Tests whether an instance or a connection
 * shows one user's data to another user.
 */
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { type Run, type SummaryData, verified } from './lib/k6.ts';
import { loadOf, loginTime } from './shared/load.ts';

const { accounts, thresholds, start, end, session, guarded, summary } = verified('mixed-users');
const load = loadOf(__ENV, { duration: '2m' });
const { users, duration, rate, think, errors, p95, dropped } = load;

const BETWEEN = 4;

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

let opened = 0;

export default guarded((run: Run) => {
  const { idInTest, iterationInInstance } = exec.vu;
  // Virtual users share accounts if there are fewer accounts than virtual users.
  const own = Math.max(1, Math.ceil((accounts - idInTest + 1) / users));
  if (opened === 0 || (opened < Math.min(own, load.sessions) && iterationInInstance % BETWEEN === 0))
    opened++;
  const which = Math.floor(session(run).random() * opened);
  const s = session(run, idInTest + which * users);
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
