/** Writes the requests that prove an anomaly as numbered lines. */
import type { Operation } from '../core/history/history.ts';
import { traceIdOf } from '../core/history/trace.ts';
import type { WitnessStep } from '../core/result/verdict.ts';

/**
 * Returns a line for each request. The violating request has a second line with the expected response. Overlapping
 * requests get bars `├──┤` from call to return; `▶` marks a request that never returned.
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

/** Matches Baton's request ids. Imported requests have other ids, and no trace id. */
const SENT = /^\d{8}-\d{6}-[\da-f]{6}-\d+$/;

/**
 * Returns a line with the trace id of the violating request, or else of the last one. By it the user finds the request
 * in the app's tracing.
 */
export function traceLines(steps: readonly WitnessStep[]): string[] {
  const wrong = steps.findLastIndex(({ expected }) => expected !== undefined);
  const index = wrong === -1 ? steps.length - 1 : wrong;
  const { request, path } = steps[index]?.operation ?? {};
  if (request === undefined || !SENT.test(request) || path?.startsWith('http') === true) return [];
  return [`  trace id of request ${index + 1}: ${traceIdOf(request)}`];
}

/** Returns an action such as `add "b41"` or `read basket with old cookie`. */
export function whatOf({ action, object, value, with: cookies }: Operation): string {
  const what = value === undefined ? object?.slice(0, object.lastIndexOf('@')) : `"${shortened(value)}"`;
  const sent = action === 'refresh' ? 'token' : 'cookie';
  return [action, what, cookies && `with ${cookies} ${sent}`].filter(part => part).join(' ');
}

/** Shortens a long value to its end, which is unique. Splits no character, because XML forbids half a character. */
function shortened(value: string): string {
  const characters = [...value];
  return characters.length > 16 ? `…${characters.slice(-14).join('')}` : value;
}

const end = ({ return: time = Number.POSITIVE_INFINITY }: Operation): number => time;

const overlaps = (steps: readonly WitnessStep[]): boolean =>
  steps.some(({ operation: a }, i) =>
    steps.some(({ operation: b }, j) => i < j && a.call <= end(b) && b.call <= end(a)),
  );

/**
 * Number of columns between two calls or returns. Columns do not show durations, because a slow request would fill the
 * line.
 */
const STEP = 4;

function barsOf(operations: readonly Operation[]): string[] {
  return spansOf(operations).map(({ from, to, open }) => {
    const length = Math.max(1, (to - from) * STEP);
    return `${' '.repeat(from * STEP)}├${'─'.repeat(length - 1)}${open ? '▶' : '┤'}`;
  });
}

export interface Span {
  /** Index of the request's call (`from`) and return (`to`) in the sorted list of all calls and returns. */
  from: number;
  to: number;
  /** True if the request never returned. */
  open: boolean;
}

export function spansOf(operations: readonly Operation[]): Span[] {
  const moments = [...new Set(operations.flatMap(operation => [operation.call, end(operation)]))];
  moments.sort((a, b) => a - b);
  return operations.map(operation => ({
    from: moments.indexOf(operation.call),
    to: moments.indexOf(end(operation)),
    open: operation.return === undefined,
  }));
}
