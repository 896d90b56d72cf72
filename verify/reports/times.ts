/** Writes the response times of a run with a fixed rate: percentiles for each action and instance. */
import { grouped } from '../core/result/format.ts';
import { PERCENTILES, type Percentile, parseBuckets, sizeOf } from '../core/result/latency.ts';
import type { Result } from '../core/result/result.ts';

export const TIME_HEADS = ['response times', 'instance', 'requests', ...Object.keys(PERCENTILES)];

/** Returns a table row for each action and instance. The list is empty without the option `--rate`. */
export function timeRows({ tally }: Pick<Result, 'tally'>): string[][] {
  if (tally.intended === undefined) return [];
  return (tally.latency ?? []).map(({ action, instance = '', buckets, percentiles }) => [
    action,
    instance,
    grouped(sizeOf(parseBuckets(buckets))),
    ...(Object.keys(PERCENTILES) as Percentile[]).map(name => time(percentiles?.[name])),
  ]);
}

/** Returns the table as aligned lines, with an empty line at the end. */
export function timeLines(result: Pick<Result, 'tally'>): string[] {
  const rows = timeRows(result);
  if (rows.length === 0) return [];
  const all = [TIME_HEADS, ...rows];
  const widths = TIME_HEADS.map((_, i) => Math.max(...all.map(row => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((text, i) => (i < 2 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join('  ');
  return [...all.map(line), ''];
}

const time = (microseconds = Number.NaN): string =>
  microseconds < 10_000 ? `${(microseconds / 1000).toFixed(2)} ms` : `${(microseconds / 1000).toFixed(0)} ms`;
