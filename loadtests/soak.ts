/**
 * Sends light load for hours, with pauses almost as long as the session timeout. Shows whether errors or response
 * times increase, and whether sessions survive the pauses.
 */
import { check, sleep } from 'k6';
import type { Options } from 'k6/options';
import { type Run, type SummaryData, verified } from './lib/k6.ts';
import { loadOf, loginTime, seconds } from './shared/load.ts';
import { equalParts, partLines, tagPart, thresholdsOfParts } from './shared/parts.ts';

const load = loadOf(__ENV, { duration: '2h', think: [1, 10] });
const { users, duration, rate, think, idle, errors, p95, dropped } = load;
const { thresholds, start, end, session, guarded, summary } = verified('soak', { window: { errors } });

const parts = equalParts(4, seconds(duration));
/** One in SELDOM pauses is almost as long as the idle timeout of a session. */
const SELDOM = 20;

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
    ...thresholdsOfParts(parts),
    http_req_failed: [`rate<=${errors}`],
    'http_req_duration{phase:load}': [`p(95)<${p95}`],
    dropped_iterations: [`rate<=${dropped * (rate ?? 0)}`],
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
  const rests = idle > 0 && s.random() < 1 / SELDOM;
  sleep(rests ? idle : think[0] + (think[1] - think[0]) * s.random());
});

export const login = guarded((run: Run) => void session(run).login());

export function teardown(run: Run): void {
  end(run);
}

export function handleSummary(data: SummaryData): Record<string, string> {
  return summary(data, partLines(data, parts, 'part'));
}
