/** The steps of a rising rate, and what broke first. Pure. */
import { BROKE } from './figures.ts';
import { durationOf, type Part } from './parts.ts';
import { warmUpOf } from './scenarios.ts';
import { type Settings, seconds } from './settings.ts';
import type { SummaryData } from './summary.ts';

export const STEPS = 10;

export interface Step extends Part {
  /** Iterations started a second. */
  rate: number;
}

/** @returns steps of equal length up to the rate that is to be held */
export function stepsOf({ rate = STEPS, duration }: Settings): Step[] {
  const long = seconds(duration) / STEPS;
  return Array.from({ length: STEPS }, (_, i) => ({
    name: String(i + 1),
    from: i * long,
    rate: Math.max(1, Math.round((rate * (i + 1)) / STEPS)),
  }));
}

/** @returns one line: what broke first, at which rate; or that nothing did */
export function brokeFirst(data: SummaryData, settings: Settings): string {
  const steps = stepsOf(settings);
  const value = (metric: string, name: string): number => data.metrics?.[metric]?.values[name] ?? 0;
  const slow = steps.findIndex(({ name }) => value(durationOf(name), 'p(95)') >= settings.budget);
  const first = value(BROKE, 'min') / 1000;
  // What breaks while users log in breaks before the first step.
  const broken = first === 0 ? -1 : Math.max(0, stepAt(steps, first - warmUpOf(settings.users)));
  const at = (step: number): string => `at ${steps[step]?.rate} a second (step ${step + 1} of ${STEPS})`;
  const latency = (): string => {
    const took = value(durationOf(steps[slow]?.name ?? ''), 'p(95)').toFixed(0);
    return `95 % of answers took up to ${took} ms, over the budget of ${settings.budget} ms`;
  };
  if (slow === -1 && broken === -1) {
    return `nothing broke: up to ${steps.at(-1)?.rate} a second all guarantees held, in ${settings.budget} ms`;
  }
  if (broken === -1) return `latency broke first, ${at(slow)}: ${latency()}; no guarantee broke`;
  if (slow === -1) return `a guarantee broke first, ${at(broken)}; the latency budget did not break`;
  if (slow === broken)
    return `a guarantee and the latency budget broke in the same step, ${at(slow)}: ${latency()}`;
  return slow < broken
    ? `latency broke first, ${at(slow)}: ${latency()}; a guarantee ${at(broken)}`
    : `a guarantee broke first, ${at(broken)}; latency ${at(slow)}: ${latency()}`;
}

/** @param after seconds from the beginning of the load */
function stepAt(steps: readonly Step[], after: number): number {
  return steps.findLastIndex(({ from }) => from <= after);
}
