/** What became of people during each fault, for every report. */
import { counted, grouped, percent } from '../core/check.ts';
import { titleOf } from '../core/faults/window.ts';
import type { FaultSummary, Result } from '../core/result.ts';

type Faults = Pick<Result, 'faults'>;

/** What is said of one fault. */
export interface FaultRow {
  title: string;
  /** What was done under which load, and how much of it failed. */
  load: string;
  sessions: string;
  writes: string;
  relogins: string;
  gap: string;
  /** Everything that people had is still there, and the fault did what it should. */
  well: boolean;
}

/** @returns a row for each fault, in the order in which they began */
export const faultRows = ({ faults = [] }: Faults): FaultRow[] => faults.map(rowOf);

/** @returns lines for a text of fixed width, each fault's apart by an empty one; none when there were no faults */
export function faultLines(result: Faults): string[] {
  const rows = faultRows(result);
  const names = Math.max(0, ...rows.map(({ title }) => title.length));
  return rows.flatMap(({ title, load, sessions, writes, relogins, gap }) => {
    const column = Math.max(sessions.length, writes.length) + 3;
    return [
      `${title.padEnd(names)}   ${load}`,
      `  sessions   ${sessions.padEnd(column)}forced re-logins  ${relogins}`,
      `  writes     ${writes.padEnd(column)}longest gap       ${gap}`,
      '',
    ];
  });
}

function rowOf(fault: FaultSummary): FaultRow {
  const { sessions, writes, relogins, gap, wait, bit, healthy, healed } = fault;
  return {
    title: titleOf(fault),
    load: loadOf(fault),
    sessions:
      sessions.of === 0
        ? 'none to be told of'
        : `${grouped(sessions.survived)} of ${grouped(sessions.of)} survived (≥ ${percent(sessions.atLeast)} at 95 %)`,
    writes: `${grouped(writes.acknowledged)} acknowledged, ${grouped(writes.lost)} lost`,
    relogins: grouped(relogins),
    gap: `${seconds(gap)} (waits: p99 ${seconds(wait.p99)}, longest ${seconds(wait.longest)})`,
    well: bit && healthy && healed !== false && sessions.survived === sessions.of && writes.lost === 0,
  };
}

const seconds = (time: number): string => `${(time / 1e6).toFixed(2)} s`;

function loadOf({ did, requests, failed, duration, bit, healthy, healed }: FaultSummary): string {
  const told = did === undefined ? '' : `${did} `;
  const load =
    duration === undefined
      ? `${told}under ${counted(requests, 'request')}, never over`
      : `${told}under ${Math.round(requests / (duration / 1e6))} req/s: ` +
        `${counted(requests, 'request')} in ${(duration / 1e6).toFixed(1)} s`;
  const notes = [
    `${grouped(failed)} failed`,
    ...(bit ? [] : ['not seen to take effect']),
    ...(healed === false ? ['NOT HEALED'] : []),
    ...(healthy ? [] : ['not healthy again']),
  ];
  return [load, ...notes].join(', ');
}
