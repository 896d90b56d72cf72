/** What became of people during each fault, in a few lines. */
import { counted, grouped, percent } from '../core/check.ts';
import type { FaultSummary, Result } from '../core/result.ts';
import { titleOf } from '../core/windows.ts';

const seconds = (time: number): string => `${(time / 1e6).toFixed(2)} s`;

/** @returns lines for a text of fixed width, each fault's apart by an empty one; none when there were no faults */
export const faultLines = ({ faults = [] }: Pick<Result, 'faults'>): string[] => {
  const names = Math.max(0, ...faults.map(fault => titleOf(fault).length));
  return faults.flatMap(fault => [...linesOf(fault, names), '']);
};

function linesOf(fault: FaultSummary, width: number): string[] {
  const { sessions, writes, relogins, wait } = fault;
  const survived =
    sessions.of === 0
      ? 'none to be told of'
      : `${grouped(sessions.survived)} of ${grouped(sessions.of)} survived (≥ ${percent(sessions.atLeast)} at 95 %)`;
  const written = `${grouped(writes.acknowledged)} acknowledged, ${grouped(writes.lost)} lost`;
  const column = Math.max(survived.length, written.length) + 3;
  return [
    `${titleOf(fault).padEnd(width)}   ${loadOf(fault)}`,
    `  sessions   ${survived.padEnd(column)}forced re-logins  ${grouped(relogins)}`,
    `  writes     ${written.padEnd(column)}longest wait      ${seconds(wait.longest)} (p99 ${seconds(wait.p99)})`,
  ];
}

function loadOf({ requests, failed, duration, bit, healthy }: FaultSummary): string {
  const notes = [
    duration === undefined
      ? `${counted(requests, 'request')}, never over`
      : `${counted(requests, 'request')} in ${(duration / 1e6).toFixed(1)} s (${Math.round(requests / (duration / 1e6))} a second)`,
    `${grouped(failed)} failed`,
    ...(bit ? [] : ['not seen to take effect']),
    ...(healthy ? [] : ['not healthy again']),
  ];
  return notes.join(', ');
}
