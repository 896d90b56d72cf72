/** Creates the k6 metrics. k6 allows new metrics only while a script is loaded. */
import { Counter, Trend } from 'k6/metrics';
import { BROKE, ERRORS, FIGURES, GAP, RELOGINS, TAGGED } from '../../verify/core/sums/figures.ts';

const COUNTERS = [ERRORS, RELOGINS, ...[...FIGURES, ...Object.values(TAGGED)].map(({ metric }) => metric)];
const counters = new Map(COUNTERS.map(name => [name, new Counter(name)]));
const trends = new Map([BROKE, GAP].map(name => [name, new Trend(name, true)]));

export function add(metric: string, value: number, tags?: Record<string, string>): void {
  (counters.get(metric) ?? trends.get(metric))?.add(value, tags);
}

/** Adds 0 to every counter, because k6 omits a counter without a value from its outputs and thresholds. */
export function addNothing(): void {
  for (const counter of counters.values()) counter.add(0);
}
