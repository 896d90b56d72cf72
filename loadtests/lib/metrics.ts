/** The counters themselves. k6 wants metrics made while the script loads. */
import { Counter } from 'k6/metrics';
import { ERRORS, FIGURES, TAGGED } from './figures.ts';

const made = (names: readonly string[]): ReadonlyMap<string, Counter> =>
  new Map(names.map(name => [name, new Counter(name)]));

const counters = made([
  ERRORS,
  ...FIGURES.map(figure => figure.metric),
  ...Object.values(TAGGED).map(({ metric }) => metric),
]);

/** Adds to a counter by its name. */
export function add(metric: string, value: number, tags?: Record<string, string>): void {
  counters.get(metric)?.add(value, tags);
}

/** Makes every counter known to the outputs and thresholds, also if nothing is ever added to it. */
export function addNothing(): void {
  for (const counter of counters.values()) counter.add(0);
}
