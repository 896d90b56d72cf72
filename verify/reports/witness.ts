/** A witness as numbered requests: when, what, on which instance, what came, what was expected. */
import type { WitnessStep } from '../core/verdict.ts';

/** @returns one line a request, in columns, with what was expected below the request that failed to give it */
export function witnessLines(steps: readonly WitnessStep[]): string[] {
  const rows = steps.map(({ operation }) => [
    `${(operation.call / 1e6).toFixed(3)} s`,
    operation.object === undefined
      ? operation.action
      : `${operation.action} ${operation.object.split('@')[0]}`,
    operation.instance === undefined ? '' : `on ${operation.instance}`,
    operation.note ?? '',
  ]);
  const widths = [0, 1, 2, 3].map(column => Math.max(0, ...rows.map(row => row[column]?.length ?? 0)));
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
