/** Plans a run: fills in the defaults, chooses workloads and faults, and makes the first line of the history. */
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
  /** Seed of all random choices: the same seed gives the same plan. By default random; the result contains it. */
  seed?: number;
  /** Duration of the load, milliseconds; 10,000 by default. */
  duration?: number;
  /** Number of concurrent sessions, 32 by default. Each session has at most one request in flight. */
  sessions?: number;
  /** Actions per second of the workload hop. By default each session acts as soon as its last response has come. */
  rate?: Rate | undefined;
  /** Number of threads that drive the sessions of hop; 1 by default. Each thread has its own accounts. */
  workers?: number;
  /** Names of the workloads to run. If absent or empty: the workloads that the claims need. */
  workloads?: readonly string[];
  /** What clients do with the cookie of a sticky balancer (`instance.sticky`), such as never sending it. */
  affinity?: AffinityMode;
  /** Folder in which the run creates a folder for its files; `runs` by default. */
  out?: string;
  /** True to compress the history from its first lines. By default it is compressed once it has 16 MiB. */
  compress?: boolean;
  /** The command line that repeats the run, for the report. */
  command?: string;
  /** Logs of balancer and instances that name the instance of each request. */
  logs?: readonly LogSource[];
  /** The bundled stack, if it is the target: its fleet may replace instances during the run. */
  stack?: Stack;
  /** The faults to inject while the workload hop runs, and the system to disturb. */
  faults?: FaultPlan;
  /** The signal that stops the run early. The recorded part is saved and judged. */
  signal?: AbortSignal;
  /**
   * True to send each request that changes something on a new connection, as during faults. Needed if the
   * balancer may reload its configuration during the run. A reload closes idle connections, and would lose a
   * write that was just sent on such a connection.
   */
  apart?: boolean;
  /** Returns why `signal` aborted: the user `interrupted` the run, or it `failed` because the system broke down. */
  stopped?: () => 'interrupted' | 'failed';
  onPhase?: (phase: 'ready' | 'load' | 'logs' | 'judge') => void;
  /** Called with a description of each fault. */
  onStep?: (text: string) => void;
  /** Called with a warning that the user must see, such as a fault that could not be healed. */
  onAlarm?: (text: string) => void;
  onOperation?: (operation: Operation) => void;
  /** Called with each event of the history, as it is written. */
  onEvent?: (event: Event) => void;
  /** Called when a task of a workload begins or ends, with descriptions of all running tasks. */
  onActive?: (what: readonly string[]) => void;
}

/** All that is decided about a run before its first request. */
export interface RunPlan extends VerifyOptions {
  target: Target;
  seed: number;
  duration: number;
  sessions: number;
  signal: AbortSignal;
  workloads: readonly string[];
  /**
   * The number of the worker that this plan is for, and the number of all workers. `sessions`, `rate` and the
   * limits of `target` are this worker's share.
   */
  part: WorkerPart;
  /** Key of the hashes that stand for session ids in the history (labels). The key is never stored. */
  key: Uint8Array;
  /** The faults, in the order in which they will be injected. */
  schedule: readonly Disturbance[];
  /** The first line of the history. */
  run: Run;
  /** Folder of the run. */
  folder: string;
}

/** Plans a run. @throws UsageError if a workload does not exist, or if this system does not allow a fault */
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

/** Checks that the run can be divided among its workers. @throws UsageError that says what prevents it */
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
    'only the workload hop, because several workers can run no other: add --workload hop',
  );
  needs(schedule.length === 0, 'no --faults, because only one worker would know which faults are active');
  needs(
    stack?.fleet === undefined,
    'no --profile, because only one worker would learn of replaced instances',
  );
  needs(
    onEvent === undefined,
    'no onEvent, --ui or --metrics, because they follow the history of one worker',
  );
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

/** Returns the claims of the target. With faults, adds `survival`, and `outage` if the target declares a deadline. */
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
    // The canary: the beginning of every value that the run writes, by which Baton recognises its values. It
    // has only letters and digits and begins with a letter, so that no app refuses it.
    canary: `b${random}`,
    logs,
  };
}
