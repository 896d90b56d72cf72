/** Raises the rate step by step, until a guarantee breaks or answers take longer than BUDGET; says which came first. */
import { accountOf } from './lib/accounts.ts';
import { brokeFirst, STEPS, stepsOf } from './lib/breakpoint.ts';
import { BROKE } from './lib/figures.ts';
import { durationOf } from './lib/parts.ts';
import { arrivalsOf } from './lib/scenarios.ts';
import { script } from './lib/script.ts';
import { Session } from './lib/session.ts';
import { seconds } from './lib/settings.ts';
import { hop } from './lib/steps.ts';

const { options, setup, iteration, warmUp, teardown, handleSummary } = script({
  name: 'breakpoint',
  defaults: { duration: '2m', users: 100, rate: 200, p95: 'none' },
  load(settings) {
    const stages = stepsOf(settings).flatMap(({ rate }) => [
      { target: rate, duration: '0s' },
      { target: rate, duration: `${seconds(settings.duration) / STEPS}s` },
    ]);
    return arrivalsOf(settings.users, { executor: 'ramping-arrival-rate', startRate: 0, stages });
  },
  parts: stepsOf,
  thresholds(settings) {
    const end = { abortOnFail: true, delayAbortEval: '10s' };
    const latency = stepsOf(settings).map(({ name }) => [
      durationOf(name),
      [{ threshold: `p(95)<${settings.budget}`, ...end }],
    ]);
    const guarantees = settings.judged.checks.map(({ guarantee }) => [
      `${BROKE}{guarantee:${guarantee}}`,
      [],
    ]);
    return Object.fromEntries([...latency, ...guarantees]);
  },
  abortOnViolation: true,
  begin: vu => new Session(vu, accountOf(vu.app.accounts, vu.number)),
  warmUp: hop,
  iterate: hop,
  tell: (data, settings) => [brokeFirst(data, settings)],
});

export { handleSummary, options, setup, teardown, warmUp };
export default iteration;
