/** Measures the CPU time that the local stack uses for each request, from the processes of Linux and nginx's log. */
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { BalancerProcess } from '../../stack/balancer-process.ts';
import type { Stack } from '../../stack/stack.ts';

/** Length of a clock tick of Linux, microseconds. A second has 100 ticks. */
const TICK = 10_000;

/** Totals since the start of the stack. */
export interface TargetCost {
  /** Time of the measurement, milliseconds since the epoch. */
  at: number;
  /** Requests that nginx has logged. */
  requests: number;
  /** CPU time of the stack's processes, microseconds. */
  cpu: number;
}

export class TargetMeter {
  readonly #pids: readonly string[];
  readonly #log: number;
  #read = 0;
  #requests = 0;

  /**
   * Call the constructor after the start of the stack, and before the start of other child processes.
   * @throws Error if the balancer is not a local process
   */
  constructor({ balancer }: Stack) {
    if (!(balancer instanceof BalancerProcess))
      throw new Error('expected a balancer that is a local process');
    this.#pids = descendants();
    this.#log = openSync(balancer.accessLog, 'r');
  }

  totals(): TargetCost {
    let cpu = 0;
    for (const pid of this.#pids) {
      const fields = statOf(pid) ?? [];
      cpu += (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK;
    }
    const added = Buffer.alloc(fstatSync(this.#log).size - this.#read);
    const length = readSync(this.#log, added, 0, added.length, this.#read);
    this.#read += length;
    this.#requests += added.toString('latin1', 0, length).split('\n').length - 1;
    return { at: Date.now(), requests: this.#requests, cpu };
  }

  close(): void {
    closeSync(this.#log);
  }
}

/** Returns the ids of this process's children and their children. */
function descendants(): string[] {
  const all = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  const parents = new Map(all.map(pid => [pid, statOf(pid)?.[1]]));
  const isOurs = (pid: string | undefined): boolean =>
    pid !== undefined && (pid === `${process.pid}` || isOurs(parents.get(pid)));
  return all.filter(pid => isOurs(parents.get(pid)));
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
