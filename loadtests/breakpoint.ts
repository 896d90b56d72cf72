/** Raises the request rate in ten steps, until the app breaks a guarantee or is too slow. */
import { check } from 'k6';
import type { Options } from 'k6/options';
import { type Run, type SummaryData, verified } from './lib/k6.ts';
import { loadOf, loginTime, seconds } from './shared/load.ts';
import { durationOf, tagPart, thresholdsOfParts } from './shared/parts.ts';
import { brokeFirst, STEPS, stepsOf } from './shared/rate.ts';

const { target, thresholds, start, end, session, guarded, summary } = verified('breakpoint');
// P95 has no default limit, because the last steps of this script overload the app on purpose.
const load = loadOf(__ENV, { duration: '2m', users: 100, rate: 200, p95: Number.POSITIVE_INFINITY });
const { users, rate = 200, budget, errors, p95, dropped } = load;
const steps = stepsOf(load);

export const options: Options = {
  scenarios: {
    login: { executor: 'per-vu-iterations', vus: users, maxDuration: `${loginTime(users)}s`, exec: 'login' },
    load: {
      executor: 'ramping-arrival-rate',
      startTime: `${loginTime(users)}s`,
      startRate: 0,
      stages: steps.flatMap(step => [
        { target: step.rate, duration: '0s' },
        { target: step.rate, duration: `${seconds(load.duration) / STEPS}s` },
      ]),
      preAllocatedVUs: users,
      maxVUs: users,
    },
  },
  thresholds: {
    ...endingWith(thresholds),
    ...thresholdsOfParts(steps),
    ...Object.fromEntries(
      steps.map(({ name }) => [
        durationOf(name),
        [{ threshold: `p(95)<${budget}`, abortOnFail: true, delayAbortEval: '10s' }],
      ]),
    ),
    ...Object.fromEntries(target.claims.map(guarantee => [`baton_broke_after{guarantee:${guarantee}}`, []])),
    http_req_failed: [`rate<=${errors}`],
    'http_req_duration{phase:load}': Number.isFinite(p95) ? [`p(95)<${p95}`] : [],
    dropped_iterations: [`rate<=${(dropped * rate) / 2}`],
  },
};

/** Makes k6 end the run when a threshold `count==0` is violated. Other thresholds do not end the run. */
function endingWith(thresholds: Readonly<Record<string, string[]>>): NonNullable<Options['thresholds']> {
  return Object.fromEntries(
    Object.entries(thresholds).map(([metric, conditions]) => [
      metric,
      conditions.map(threshold => ({ threshold, abortOnFail: threshold === 'count==0' })),
    ]),
  );
}

export function setup(): Run {
  return start();
}

export default guarded((run: Run) => {
  tagPart(steps);
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
  return summary(data, [brokeFirst(data, load)]);
}
