/** Splits a run into parts, such as hours. k6's metrics have the tag `part`. */
import exec from 'k6/execution';
import { counted, grouped } from '../../verify/core/result/format.ts';
import type { SummaryData } from '../lib/k6.ts';

export interface Part {
  name: string;
  /** Time from the start of the load to the start of this part of the run, seconds. */
  from: number;
}

/** Sets k6's tag `part` to the current part of the run. */
export function tagPart(parts: readonly Part[]): void {
  const elapsed = (Date.now() - exec.scenario.startTime) / 1000;
  const now = parts.findLast(({ from }) => from <= elapsed)?.name ?? '';
  if (exec.vu.metrics.tags['part'] !== now) exec.vu.metrics.tags['part'] = now;
}

export const durationOf = (part: string): string => `http_req_duration{part:${part}}`;
const failedOf = (part: string): string => `http_req_failed{part:${part}}`;

/** Returns thresholds that never fail. k6's summary shows a part only if a threshold names it. */
export const thresholdsOfParts = (parts: readonly Part[]): Record<string, string[]> =>
  Object.fromEntries(
    parts.flatMap(({ name }) => [durationOf(name), failedOf(name)]).map(metric => [metric, []]),
  );

/** Splits a run into equal parts with the names 1, 2, 3 … */
export const equalParts = (number: number, seconds: number): Part[] =>
  Array.from({ length: number }, (_, i) => ({ name: String(i + 1), from: (i * seconds) / number }));

/** Returns one line for each part of a run: the number of requests, the failures and the response times. */
export function partLines({ metrics }: SummaryData, parts: readonly Part[], word: string): string[] {
  const value = (metric: string, name: string): number => metrics?.[metric]?.values[name] ?? 0;
  return parts.map(({ name }) => {
    const failed = value(failedOf(name), 'passes');
    const all = failed + value(failedOf(name), 'fails');
    const ms = value(durationOf(name), 'p(95)').toFixed(1);
    return `${`${word} ${name}`.trim()}: ${counted(all, 'request')}, ${grouped(failed)} failed, 95 % of responses within ${ms} ms`;
  });
}
