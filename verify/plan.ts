/** Plans a run: defaults, workloads, faults, and the first line of the history. */
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
  /** Seed of all random choices. The same seed gives the same plan. Random by default. */
  seed?: number;
  /** Duration of the load, milliseconds. Default: 10,000. */
  duration?: number;
  /** Number of concurrent sessions, each with at most one request in flight. Default: 32. */
  sessions?: number;
  /** Actions per second in the workload `hop`. By default, a session sends its next request after each response. */
  rate?: Rate | undefined;
  /** Number of threads for the sessions of `hop`, each with its own accounts. Default: 1. */
  workers?: number;
  /** Names of the workloads. Default: those that the claims need. */
  workloads?: readonly string[];
  /** What clients do with the balancer's affinity cookie, for example never send it. */
  affinity?: AffinityMode;
  /** Folder in which the run creates its own folder. Default: `runs`. */
  out?: string;
  /** True to compress the history from the start. Default: from 16 MiB. */
  compress?: boolean;
  /** Command line that repeats the run, for reports. */
  command?: string;
  /** Logs of balancer and instances, which show the instance of each request. */
  logs?: readonly LogSource[];
  /** The bundled stack. Its fleet manager may replace instances. */
  stack?: Stack;
  /** The faults during the workload `hop`, and the system to disturb. */
  faults?: FaultPlan;
  /** Stops the run early. The run then judges all events so far. */
  signal?: AbortSignal;
  /**
   * True to use a new connection for each request that writes. A write on an idle connection could be lost, because a
   * reload of the balancer closes idle connections.
   */
  apart?: boolean;
  /** Returns why `signal` aborted. `interrupted`: by the user. `failed`: the system broke down. */
  stopped?: () => 'interrupted' | 'failed';
  onPhase?: (phase: 'ready' | 'load' | 'logs' | 'judge') => void;
  /** Called with messages about faults. */
  onStep?: (text: string) => void;
  /** Called with warnings, for example about a fault that could not be healed. */
  onAlarm?: (text: string) => void;
  onOperation?: (operation: Operation) => void;
  /** Called with each event of the history. */
  onEvent?: (event: Event) => void;
  /** Called with descriptions of all running tasks whenever a task begins or ends. */
  onActive?: (what: readonly string[]) => void;
}

/** All decisions about a run before its first request. */
export interface RunPlan extends VerifyOptions {
  target: Target;
  seed: number;
  duration: number;
  sessions: number;
  signal: AbortSignal;
  workloads: readonly string[];
  /** The worker thread of this plan. The plan's `sessions`, `rate` and `target.limits` are the worker's share. */
  part: WorkerPart;
  /** Key of the hashes that replace session ids in the history. Never stored. */
  key: Uint8Array;
  schedule: readonly Disturbance[];
  run: Run;
  folder: string;
}

/**
 * Plans a run.
 *
 * @throws UsageError if a workload does not exist, or a fault is impossible on this system
 */
export function planOf(target: Target, options: VerifyOptions): RunPlan {
  const { seed = randomInt(2 ** 31), duration = 10_000, sessions = 32 } = options;
  const { signal = new AbortController().signal } = options;
  const schedule = scheduled(options.faults, seed);
  const run = runOf(target, schedule, seed, options);
  const plan: RunPlan = {
    ...options,
    target,
    seed,
    duration,
    sessions,
    signal,
    schedule,
    run,
    workloads: chosen(target, options.workloads ?? []),
    part: { number: 0, of: options.workers ?? 1 },
    key: randomBytes(32),
    folder: join(options.out ?? 'runs', run.run),
  };
  if (plan.part.of > 1) assertDivisible(plan);
  return plan;
}

/** @throws UsageError if the run cannot be divided among worker threads */
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

/** Returns one worker's plan, with its share of sessions, rate and limits. */
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

/** A run with faults also claims `survival`, and `outage` if the target declares a deadline. */
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
    // A prefix of every value that the run writes. Every app accepts it, because it has only letters and digits, a
    // letter first.
    canary: `b${random}`,
    logs,
  };
}
