/** Describes the effect of each fault on clients in words, for all reports. */

import { titleOf } from '../core/faults/window.ts';
import { counted, grouped, percent } from '../core/result/format.ts';
import type { FaultSummary, Result } from '../core/result/result.ts';

type Faults = Pick<Result, 'faults'>;

/** Texts about one fault, each for one column of a report. */
export interface FaultRow {
  title: string;
  /** Fault and load, such as `2 instances restarted under 350 req/s: …, 0 failed`. */
  load: string;
  sessions: string;
  writes: string;
  relogins: string;
  gap: string;
  /** True if the fault took effect, was healed and lost nothing, and the system is healthy again. */
  well: boolean;
}

export const faultRows = ({ faults = [] }: Faults): FaultRow[] => faults.map(rowOf);

/** Returns lines about all faults. Returns an empty list if the run had none. */
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
        ? 'no session was checked at the end'
        : `${grouped(sessions.survived)} of ${grouped(sessions.of)} survived (≥ ${percent(sessions.atLeast)} at 95 %)`,
    writes: `${grouped(writes.acknowledged)} acknowledged, ${grouped(writes.lost)} lost`,
    relogins: grouped(relogins),
    gap: `${seconds(gap)} (waits: p99 ${seconds(wait.p99)}, longest ${seconds(wait.longest)})`,
    well: bit && healthy && healed !== false && sessions.survived === sessions.of && writes.lost === 0,
  };
}

const seconds = (time: number): string => `${(time / 1e6).toFixed(2)} s`;

function loadOf({ did, requests, failed, duration, bit, healthy, healed }: FaultSummary): string {
  const action = did === undefined ? '' : `${did} `;
  const load =
    duration === undefined
      ? `${action}under ${counted(requests, 'request')}, never ended`
      : `${action}under ${Math.round(requests / (duration / 1e6))} req/s: ` +
        `${counted(requests, 'request')} in ${(duration / 1e6).toFixed(1)} s`;
  const notes = [
    `${grouped(failed)} failed`,
    ...(bit ? [] : ['no effect seen']),
    ...(healed === false ? ['NOT HEALED'] : []),
    ...(healthy ? [] : ['not healthy again']),
  ];
  return [load, ...notes].join(', ');
}
