/** A witness as numbered requests: when, what, their overlap, on which instance, what came, what was expected. */
import type { Operation } from '../core/history.ts';
import type { WitnessStep } from '../core/verdict.ts';

/**
 * @returns one line a request, in columns, with what was expected below the request that failed to give it.
 *   Requests that overlap are drawn as bars over time, from call to return; `▶` never returned
 */
export function witnessLines(steps: readonly WitnessStep[]): string[] {
  const bars = overlaps(steps) ? barsOf(steps.map(step => step.operation)) : undefined;
  const rows = steps.map(({ operation }, index) => [
    `${(operation.call / 1e6).toFixed(3)} s`,
    whatOf(operation),
    ...(bars === undefined ? [] : [bars[index] ?? '']),
    operation.instance === undefined ? '' : `on ${operation.instance}`,
    operation.note ?? '',
  ]);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  return steps.flatMap((step, index) => {
    const cells = (rows[index] ?? []).map((cell, column) =>
      column === 0 ? cell.padStart(widths[0] ?? 0) : cell.padEnd(widths[column] ?? 0),
    );
    const line = `  ${index + 1}  ${cells.join('  ')}`;
    if (step.expected === undefined) return [`${line}  ${step.came}`];
    const indent = ' '.repeat(line.length + 2);
    return [`${line}  expected: ${step.expected}`, `${indent}came:     ${step.came}`];
  });
}

function whatOf({ action, object, value, with: cookies }: Operation): string {
  const what = value === undefined ? object?.slice(0, object.lastIndexOf('@')) : `"${short(value)}"`;
  return [action, what, cookies && `with ${cookies} cookie`].filter(part => part).join(' ');
}

/** The end of a long value tells it from others. */
const short = (value: string): string => (value.length > 16 ? `…${value.slice(-14)}` : value);

const end = ({ return: time = Number.POSITIVE_INFINITY }: Operation): number => time;

const overlaps = (steps: readonly WitnessStep[]): boolean =>
  steps.some(({ operation: a }, i) =>
    steps.some(({ operation: b }, j) => i < j && a.call <= end(b) && b.call <= end(a)),
  );

/** Columns between two moments: by rank, not to scale, since one request may be a thousand times another. */
const STEP = 4;

function barsOf(operations: readonly Operation[]): string[] {
  const moments = [...new Set(operations.flatMap(operation => [operation.call, end(operation)]))];
  moments.sort((a, b) => a - b);
  const column = (time: number): number => moments.indexOf(time) * STEP;
  return operations.map(operation => {
    const from = column(operation.call);
    const length = Math.max(1, column(end(operation)) - from);
    return `${' '.repeat(from)}├${'─'.repeat(length - 1)}${operation.return === undefined ? '▶' : '┤'}`;
  });
}
