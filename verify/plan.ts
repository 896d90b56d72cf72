/** Plans a run: fills in defaults, chooses workloads and faults, and creates the first line of the history. */
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
  /** Seed of all random choices: the same seed gives the same plan. Random by default; the result contains the seed. */
  seed?: number;
  /** Duration of the load, milliseconds. The default is 10,000. */
  duration?: number;
  /** Number of concurrent sessions; 32 by default. Each session has at most one request in flight. */
  sessions?: number;
  /**
   * Number of actions per second in the workload `hop`. By default, each session acts as soon as it gets a response.
   */
  rate?: Rate | undefined;
  /**
   * Number of threads that drive the sessions of the workload `hop`; 1 by default. Each thread uses its own accounts.
   */
  workers?: number;
  /** Names of the workloads to run. If absent or empty, the run uses the workloads that the claims need. */
  workloads?: readonly string[];
  /**
   * What clients do with the affinity cookie of the balancer (`instance.sticky` in the target file). For example, they
   * never send it.
   */
  affinity?: AffinityMode;
  /** Folder in which the run creates its own folder; `runs` by default. */
  out?: string;
  /** True to compress the history from the start. By default, compression starts when the history has 16 MiB. */
  compress?: boolean;
  /** Command line that repeats the run, to be shown in reports. */
  command?: string;
  /** Logs of the balancer and the instances, which show the instance of each request. */
  logs?: readonly LogSource[];
  /** The bundled stack, if it is the target. Its fleet manager may replace instances during the run. */
  stack?: Stack;
  /** The faults to inject during the workload `hop`, and the system to disturb. */
  faults?: FaultPlan;
  /** Signal that stops the run early. The events up to then are saved and judged. */
  signal?: AbortSignal;
  /**
   * True to send each request that changes something on a new connection, as during faults. Needed if the balancer may
   * reload its configuration during the run: a reload closes idle connections, and a write that was just sent on such a
   * connection would be lost.
   */
  apart?: boolean;
  /** Returns why `signal` aborted. `interrupted`: by the user. `failed`: the system under test broke down. */
  stopped?: () => 'interrupted' | 'failed';
  onPhase?: (phase: 'ready' | 'load' | 'logs' | 'judge') => void;
  /** Called with a message about each fault, such as its beginning. */
  onStep?: (text: string) => void;
  /** Called with a warning that the user must see, for example that a fault could not be healed. */
  onAlarm?: (text: string) => void;
  onOperation?: (operation: Operation) => void;
  /** Called with each event when it is written to the history. */
  onEvent?: (event: Event) => void;
  /** Called when a task of a workload begins or ends. Gets the descriptions of all running tasks. */
  onActive?: (what: readonly string[]) => void;
}

/** All decisions about a run that are made before its first request. */
export interface RunPlan extends VerifyOptions {
  target: Target;
  seed: number;
  duration: number;
  sessions: number;
  signal: AbortSignal;
  workloads: readonly string[];
  /**
   * Number of the worker thread that this plan is for, and number of all workers. The values `sessions`, `rate` and
   * `target.limits` are this worker's share.
   */
  part: WorkerPart;
  /** Key of the hashes that replace session ids in the history. The key is never stored. */
  key: Uint8Array;
  /** The faults in the order in which the run injects them. */
  schedule: readonly Disturbance[];
  /** The first line of the history, which describes the run. */
  run: Run;
  /** Folder for the files of the run. */
  folder: string;
}

/**
 * Plans a run.
 *
 * @throws UsageError if a workload does not exist, or if a fault cannot be injected into this system
 */
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

/**
 * Checks that the run can be divided among its worker threads.
 *
 * @throws UsageError that says why it cannot
 */
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

/** Returns the plan of one worker thread, with its share of the sessions, the rate and the limits. */
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
    // Every value that the run writes begins with this text, the canary, by which Baton recognises its own values. The
    // text has only letters and digits and begins with a letter, so that each app accepts it.
    canary: `b${random}`,
    logs,
  };
}
