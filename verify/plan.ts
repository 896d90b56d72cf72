/** Plans a run: its options with their defaults, its workloads and faults, and the first line of its history. */
import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { Stack } from '../stack/stack.ts';
import type { AffinityMode } from './client/affinity.ts';
import type { LogSource } from './client/logs.ts';
import type { WorkerPart } from './client/part.ts';
import { type Event, FORMAT, type Operation, type Run, VERSION } from './core/history/history.ts';
import type { Guarantee } from './core/result/guarantees.ts';
import { UsageError } from './errors.ts';
import type { Disturbance } from './faults/fault.ts';
import { type FaultPlan, scheduled } from './faults/phases.ts';
import type { Target } from './target/load.ts';
import type { Rate } from './workloads/arrivals.ts';
import { chosen } from './workloads/index.ts';

export interface VerifyOptions {
  /** Seed of the plan: the same seed gives the same plan. Random when absent; the result contains the seed. */
  seed?: number;
  /** Duration of the load, milliseconds; 10,000 by default. */
  duration?: number;
  /** Number of concurrent sessions, 32 by default. Each session has at most one request in flight. */
  sessions?: number;
  /** Actions per second of the workload hop, constant or changing. Absent: each session acts as fast as it can. */
  rate?: Rate | undefined;
  /** Number of threads that drive the sessions of hop; 1 by default. Each thread has its own accounts. */
  workers?: number;
  /** Names of workloads. Absent or empty: the workloads that the claims need. */
  workloads?: readonly string[];
  /** Defines how the clients treat the cookie of a sticky balancer (`instance.sticky`). */
  affinity?: AffinityMode;
  /** Folder in which the run creates its own folder; `runs` by default. */
  out?: string;
  /** True: the history is compressed while it is written. */
  compress?: boolean;
  /** The command line that repeats the run. The report shows it. */
  command?: string;
  /** The logs that name the instance of each request. */
  logs?: readonly LogSource[];
  /** Present if the target is the bundled stack: the fleet of the stack may replace instances during the run. */
  stack?: Stack;
  /** The faults to perform while the workload hop runs, and the system that they disturb. */
  faults?: FaultPlan;
  /** When this signal aborts, the run stops early. The recorded part is saved and judged. */
  signal?: AbortSignal;
  /**
   * True: each request that changes something uses its own connection, as during faults. Needed if the balancer
   * reloads its configuration during the run, because a reload closes idle connections.
   */
  apart?: boolean;
  /** Returns why the run was aborted: `interrupted` by a user, or `failed` because the system under test broke down. */
  stopped?: () => 'interrupted' | 'failed';
  onPhase?: (phase: 'ready' | 'load' | 'logs' | 'judge') => void;
  /** Called with a description of each fault. */
  onStep?: (text: string) => void;
  /** Called with a warning that the user must see, such as a fault that could not be healed. */
  onAlarm?: (text: string) => void;
  onOperation?: (operation: Operation) => void;
  /** Called with each event of the history, as it is written. */
  onEvent?: (event: Event) => void;
  /** Called with descriptions of the running tasks each time a task begins or ends. */
  onActive?: (what: readonly string[]) => void;
}

/** Everything that is decided about a run before it sends its first request. */
export interface RunPlan extends VerifyOptions {
  target: Target;
  seed: number;
  duration: number;
  sessions: number;
  signal: AbortSignal;
  workloads: readonly string[];
  /**
   * The part of the run that this thread performs. `sessions`, `rate` and the limits of `target` apply to this part.
   */
  part: WorkerPart;
  /** Key of the labels in the history. It is never stored. */
  key: Uint8Array;
  /** The faults in their order. */
  schedule: readonly Disturbance[];
  /** The first line of the history. */
  run: Run;
  /** Folder of the run. */
  folder: string;
}

/** @throws UsageError when a workload does not exist, or when a fault is impossible on this system */
export function planOf(target: Target, options: VerifyOptions): RunPlan {
  const { seed = randomInt(2 ** 31), duration = 10_000, sessions = 32 } = options;
  const { signal = new AbortController().signal } = options;
  const schedule = scheduled(options.faults, seed);
  const run = runOf(target, schedule, seed, options);
  const plan: RunPlan = {
    ...options,
    ...{ target, seed, duration, sessions, signal, schedule, run },
    workloads: chosen(target, options.workloads ?? []),
    part: { number: 0, of: options.workers ?? 1 },
    key: randomBytes(32),
    folder: join(options.out ?? 'runs', run.run),
  };
  if (plan.part.of > 1) assertDivisible(plan);
  return plan;
}

/** @throws UsageError when the run cannot be divided among its workers */
function assertDivisible({
  target,
  sessions,
  workloads,
  schedule,
  stack,
  onEvent,
  part: { of },
}: RunPlan): void {
  const needs = (condition: boolean, expected: string): void => {
    if (!condition) throw new UsageError(`--workers ${of}: expected ${expected}`);
  };
  needs(
    workloads.every(name => name === 'hop'),
    'only the workload hop, because it alone is divided: add --workload hop',
  );
  needs(schedule.length === 0, 'no --faults: the workers share no knowledge of what is disturbed');
  needs(stack?.fleet === undefined, 'no --profile: the workers share no knowledge of replaced instances');
  needs(onEvent === undefined, 'no onEvent, --ui or --metrics: they follow one history');
  needs(sessions >= of, `at least ${of} sessions, got ${sessions}`);
  const accounts = target.accounts.length;
  needs(accounts >= of, `at least ${of} accounts, because each worker has its own, got ${accounts}`);
  const most = target.limits?.connections ?? of;
  needs(most >= of, `limits.connections to be at least ${of}, got ${most}`);
}

/** Returns the plan of one worker: its share of the sessions, the rate and the limits. */
export function partOf(plan: RunPlan, number: number): RunPlan {
  const { of } = plan.part;
  if (of === 1) return plan;
  const { rate, target, sessions } = plan;
  const { requests, connections } = target.limits ?? {};
  return {
    ...plan,
    part: { number, of },
    sessions: Math.ceil((sessions - number) / of),
    rate: rate && { from: rate.from / of, to: rate.to / of },
    target: {
      ...target,
      limits: {
        ...(requests === undefined ? {} : { requests: requests / of }),
        ...(connections === undefined ? {} : { connections: Math.floor(connections / of) }),
      },
    },
  };
}

/**
 * Returns the claims of a run: the claims of the target, and the guarantees that a run with faults claims in
 * addition.
 */
function claimsOf(
  { claims, bySet, deadline }: Target,
  faults: readonly Disturbance[],
  logs: number,
): Guarantee[] {
  const asked: Guarantee[] = faults.length === 0 ? [] : ['survival'];
  if (deadline !== undefined && faults.some(({ down }) => down === true)) asked.push('outage');
  const all = new Set([...claims, ...asked]);
  if (logs === 0 && bySet.includes('evidence')) all.delete('evidence');
  return [...all];
}

function runOf(target: Target, faults: readonly Disturbance[], seed: number, options: VerifyOptions): Run {
  const started = new Date();
  const stamp = started.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const logs = (options.logs ?? []).map(log => log.name);
  const random = randomBytes(3).toString('hex');
  return {
    type: 'run',
    format: FORMAT,
    version: VERSION,
    run: `${stamp}-${random}`,
    seed,
    started: started.toISOString(),
    target: target.name,
    url: target.url,
    command: options.command ?? '',
    claims: claimsOf(target, faults, logs.length),
    routing: target.routing,
    ...(target.declared === undefined ? {} : { declared: target.declared }),
    // The canary begins with a letter and contains only letters and digits, so that no app refuses it.
    canary: `b${random}`,
    logs,
  };
}
