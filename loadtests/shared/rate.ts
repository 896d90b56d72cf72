/** Defines the steps of a rising request rate, and reports which limit the app violated first. */
import { counted } from '../../verify/core/result/format.ts';
import { BROKE } from '../../verify/core/sums/figures.ts';
import type { SummaryData } from '../lib/k6.ts';
import { type LoadSettings, loginTime, seconds } from './load.ts';
import { durationOf, type Part } from './parts.ts';

export const STEPS = 10;

export interface RateStep extends Part {
  /** Iterations that start per second. */
  rate: number;
}

/** Returns steps of equal duration with rising rates. The last step has the rate of the settings. */
export function stepsOf({ rate = STEPS, duration }: LoadSettings): RateStep[] {
  const long = seconds(duration) / STEPS;
  return Array.from({ length: STEPS }, (_, i) => ({
    name: String(i + 1),
    from: i * long,
    rate: Math.max(1, Math.round((rate * (i + 1)) / STEPS)),
  }));
}

/**
 * Returns a sentence that says what failed first, and at which rate: a guarantee, the limit of response times, or k6,
 * which had too few virtual users.
 */
export function brokeFirst(data: SummaryData, load: LoadSettings): string {
  const steps = stepsOf(load);
  const value = (metric: string, name: string): number => data.metrics?.[metric]?.values[name] ?? 0;
  const at = (step: number): string =>
    `at ${steps[step]?.rate} iterations per second (step ${step + 1} of ${STEPS})`;
  const slow = steps.findIndex(({ name }) => value(durationOf(name), 'p(95)') >= load.budget);
  const first = value(BROKE, 'min') / 1000;
  // A violation during the logins, before the first step, counts for the first step.
  const broken = first === 0 ? -1 : Math.max(0, stepAt(steps, first - loginTime(load.users)));
  const latency = {
    step: slow,
    what: 'latency',
    detail:
      `95 % of responses took up to ${value(durationOf(steps[slow]?.name ?? ''), 'p(95)').toFixed(0)} ms, ` +
      `over the budget of ${load.budget} ms`,
  };
  const guarantee = { step: broken, what: `a guarantee (${firstBroken(data)})`, detail: '' };
  const found = [guarantee, latency].filter(({ step }) => step !== -1).toSorted((a, b) => a.step - b.step);
  const [earliest, ...later] = found;
  if (earliest !== undefined) {
    const describe = ({ what, step, detail }: typeof latency): string =>
      `${what} ${at(step)}${detail === '' ? '' : `: ${detail}`}`;
    return `broke first: ${[earliest, ...later].map(describe).join('; then ')}`;
  }
  const dropped = value('dropped_iterations', 'count');
  const failed = Object.values(data.metrics?.['dropped_iterations']?.thresholds ?? {}).some(({ ok }) => !ok);
  const { rate } = steps[STEPS - 1] as RateStep;
  const rated = `${rate} iterations per second`;
  return failed
    ? `the load broke first: below ${rated}, ${counted(dropped, 'iteration')} found no free virtual user; raise USERS`
    : `nothing broke: up to ${rated} all guarantees held, and 95 % of responses took at most ${load.budget} ms`;
}

function firstBroken({ metrics = {} }: SummaryData): string {
  const times = Object.entries(metrics)
    .map(([name, { values }]) => ({ guarantee: brokenIn(name), first: values['min'] ?? 0 }))
    .filter(({ guarantee, first }) => guarantee !== undefined && first > 0)
    .toSorted((a, b) => a.first - b.first);
  return times[0]?.guarantee ?? 'see below';
}

const brokenIn = (metric: string): string | undefined =>
  /^baton_broke_after\{guarantee:(.*)\}$/.exec(metric)?.[1];

/** @param after seconds after the load began */
function stepAt(steps: readonly RateStep[], after: number): number {
  return steps.findLastIndex(({ from }) => from <= after);
}
