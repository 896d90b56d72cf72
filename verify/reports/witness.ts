/** Writes a witness as numbered requests: time, action, overlap, instance, response, and the expected result. */
import type { Operation } from '../core/history/history.ts';
import { traceIdOf } from '../core/history/trace.ts';
import type { WitnessStep } from '../core/result/verdict.ts';

/**
 * Returns one line for each request, in columns. The request that violates the guarantee has a second line with the
 * expected and the actual result. Draws overlapping requests as bars from call to return; `▶`: never returned.
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

/** Matches the id of a request that Baton sent, with a trace id. Imported requests have ids of another form. */
const SENT = /^\d{8}-\d{6}-[\da-f]{6}-\d+$/;

/** Returns a line with the trace id of the request that violates the guarantee, to find it in the target's tracing. */
export function traceLines(steps: readonly WitnessStep[]): string[] {
  const last = steps.at(-1)?.operation;
  if (last === undefined || !SENT.test(last.request) || last.path?.startsWith('http') === true) return [];
  return [`  trace id of request ${steps.length}: ${traceIdOf(last.request)}`];
}

/** Returns the action of an operation: `add "b41"`, `read basket with old cookie`. */
export function whatOf({ action, object, value, with: cookies }: Operation): string {
  const what = value === undefined ? object?.slice(0, object.lastIndexOf('@')) : `"${short(value)}"`;
  const sent = action === 'refresh' ? 'token' : 'cookie';
  return [action, what, cookies && `with ${cookies} ${sent}`].filter(part => part).join(' ');
}

/**
 * Shortens a long value: keeps the end, which is unique. Counts whole characters, because half a character would make
 * a report invalid.
 */
function short(value: string): string {
  const characters = [...value];
  return characters.length > 16 ? `…${characters.slice(-14).join('')}` : value;
}

const end = ({ return: time = Number.POSITIVE_INFINITY }: Operation): number => time;

/** Returns whether any two of the requests overlap. */
const overlaps = (steps: readonly WitnessStep[]): boolean =>
  steps.some(({ operation: a }, i) =>
    steps.some(({ operation: b }, j) => i < j && a.call <= end(b) && b.call <= end(a)),
  );

/**
 * Columns between two moments. Independent of the time between them, because one request may take a thousand times
 * longer than another.
 */
const STEP = 4;

function barsOf(operations: readonly Operation[]): string[] {
  return spansOf(operations).map(({ from, to, open }) => {
    const length = Math.max(1, (to - from) * STEP);
    return `${' '.repeat(from * STEP)}├${'─'.repeat(length - 1)}${open ? '▶' : '┤'}`;
  });
}

export interface Span {
  /** `from` and `to`: ranks of the call and the return among the calls and returns of all requests. */
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
