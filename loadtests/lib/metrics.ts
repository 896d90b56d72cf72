/** The metrics themselves, which k6 requires to be made while the script loads. */
import { Counter, Trend } from 'k6/metrics';
import { BROKE, ERRORS, FIGURES, GAP, RELOGINS, TAGGED } from '../../verify/core/sums/figures.ts';

const tagged = Object.values(TAGGED).map(({ metric }) => metric);
const COUNTERS = [ERRORS, RELOGINS, ...FIGURES.map(({ metric }) => metric), ...tagged];
const counters = new Map(COUNTERS.map(name => [name, new Counter(name)]));
const trends = new Map([BROKE, GAP].map(name => [name, new Trend(name, true)]));

/** Adds to a counter, or to the values of a trend, by its name. */
export function add(metric: string, value: number, tags?: Record<string, string>): void {
  (counters.get(metric) ?? trends.get(metric))?.add(value, tags);
}

/** Makes every counter known to outputs and thresholds, also if nothing is ever added to it. */
export function addNothing(): void {
  for (const counter of counters.values()) counter.add(0);
}
