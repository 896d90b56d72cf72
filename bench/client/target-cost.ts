/** Measures the CPU time that the local stack uses for each request, from the processes of Linux and nginx's log. */
import { readdirSync, readFileSync } from 'node:fs';
import { BalancerProcess } from '../../stack/balancer-process.ts';
import type { Stack } from '../../stack/stack.ts';

/** Microseconds in a clock tick of Linux, of which a second has 100. */
const TICK = 10_000;

export interface TargetCost {
  /** Requests that nginx has logged. */
  requests: number;
  /** CPU time of the stack's processes, microseconds. */
  cpu: number;
}

/**
 * Returns the totals of the stack since its start.
 *
 * @throws if this process has other child processes, or the balancer is not a local process
 */
export function targetCost({ balancer }: Stack): TargetCost {
  if (!(balancer instanceof BalancerProcess)) throw new Error('expected a balancer that is a local process');
  const parents = new Map<number, number>();
  const times = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const fields = /^\d+$/.test(name) ? statOf(name) : undefined;
    if (fields === undefined) continue;
    parents.set(Number(name), Number(fields[1]));
    times.set(Number(name), (Number(fields[11]) + Number(fields[12])) * TICK);
  }
  const isOurs = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === process.pid || isOurs(parents.get(pid)));
  let cpu = 0;
  for (const [pid, time] of times) if (pid !== process.pid && isOurs(pid)) cpu += time;
  const log = readFileSync(balancer.accessLog, 'latin1');
  return { requests: log.split('\n').length - 1, cpu };
}

/** Returns the fields of /proc/<pid>/stat after the name; undefined if the process has ended. See proc(5). */
function statOf(pid: string): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
