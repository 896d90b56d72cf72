/** Performs a run: check that the target is ready → load, with faults → settle → final reads → save → judge. */
import { randomBytes, randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stack } from '../stack/stack.ts';
import { Affinity, type AffinityMode } from './client/affinity.ts';
import { startClock } from './client/clock.ts';
import type { Context } from './client/context.ts';
import { HistoryFile } from './client/history-file.ts';
import { Instances } from './client/instances.ts';
import { interpreterOf } from './client/interpreter.ts';
import { makeLabeller } from './client/labels.ts';
import { followLogs, type LogSource } from './client/logs.ts';
import { Network } from './client/network.ts';
import { Recorder } from './client/recorder.ts';
import { Registration } from './client/registration.ts';
import { Spacing, seatsOf } from './client/seats.ts';
import { SessionClient } from './client/session-client.ts';
import { type Finish, FORMAT, type Operation, type Run, VERSION } from './core/history/history.ts';
import type { Guarantee } from './core/result/guarantees.ts';
import type { Result } from './core/result/result.ts';
import { takesUp } from './faults/changes.ts';
import type { Disturbance } from './faults/fault.ts';
import { Load } from './faults/load.ts';
import { type Asked, phases, scheduled } from './faults/phases.ts';
import { HISTORY, judgeFile } from './judge-file.ts';
import { seeded } from './random.ts';
import { ready } from './ready/ready.ts';
import type { Account, Target } from './target/load.ts';
import { audit } from './workloads/audit.ts';
import { measureGrowth } from './workloads/growth.ts';
import { chosen, perform } from './workloads/index.ts';

export interface VerifyOptions {
  /** Seed of the plan: the same seed gives the same plan. Random when absent; the result contains the seed. */
  seed?: number;
  /** Duration of the load, milliseconds; 10,000 by default. */
  duration?: number;
  /** Number of concurrent sessions, 32 by default. Each session has at most one request in flight. */
  sessions?: number;
  /** Names of workloads. Absent or empty: the workloads that the claims need. */
  workloads?: readonly string[];
  /** Defines how the clients treat the cookie of a sticky balancer (`instance.sticky`). */
  affinity?: AffinityMode;
  /** Folder in which the run creates its own folder; `runs` by default. */
  out?: string;
  /** The command line that repeats the run. The report shows it. */
  command?: string;
  /** The logs that name the instance of each request. */
  logs?: readonly LogSource[];
  /** Present if the target is the bundled stack: the fleet of the stack may replace instances during the run. */
  stack?: Stack;
  /** The faults to perform while the workload hop runs, and the system that they disturb. */
  faults?: Asked;
  /** When it aborts, the run stops early; the recorded part is saved and judged. */
  signal?: AbortSignal;
  /** Returns why the run was aborted: `interrupted` by a user, or `failed` because the system under test broke down. */
  stopped?: () => 'interrupted' | 'failed';
  onPhase?: (phase: 'ready' | 'load' | 'logs' | 'judge') => void;
  /** Called with a description of each fault. */
  onStep?: (text: string) => void;
  /** Called with a warning that the user must see, such as a fault that could not be healed. */
  onAlarm?: (text: string) => void;
  onOperation?: (operation: Operation) => void;
  /** Called with descriptions of the running tasks each time a task begins or ends. */
  onActive?: (what: readonly string[]) => void;
}

interface Settled extends VerifyOptions {
  seed: number;
  duration: number;
  sessions: number;
  out: string;
  command: string;
}

const settled = (options: VerifyOptions): Settled => ({
  duration: 10_000,
  sessions: 32,
  out: 'runs',
  command: '',
  ...options,
  seed: options.seed ?? randomInt(2 ** 31),
});

/**
 * Verifies a running target. It prints nothing and never exits; it reports events to the callbacks.
 *
 * @returns the result, and the folder with the history and result.json
 * @throws UsageError when the target file or the credentials are wrong
 * @throws UnavailableError when the target does not respond; the history so far stays in the folder
 */
export async function verify(
  target: Target,
  given: VerifyOptions = {},
): Promise<{ result: Result; folder: string }> {
  const options = settled(given);
  const workloads = chosen(target, options.workloads ?? []);
  const faults = scheduled(options.faults, options.seed);
  const run = runOf(target, faults, options);
  const folder = join(options.out, run.run);
  const network = new Network(target);
  network.apart = faults.length > 0;
  const signal = options.signal ?? new AbortController().signal;
  const load = new Load();
  const history = new HistoryFile(join(folder, HISTORY));
  const context = contextOf(target, run, history, network, signal, {
    ...options,
    onOperation: operation => {
      load.saw(operation);
      // During a fault, an instance may never log the request, because the fault may kill the instance.
      if (!context.recorder.disturbed) logs.ended(operation);
      options.onOperation?.(operation);
    },
  });
  const logs = followLogs(options.logs ?? [], run, entry => context.recorder.log(entry));
  const unfollow = options.stack?.fleet?.onChange(takesUp(options.stack, context, logs));
  let reason: Finish['reason'] = 'failed';
  try {
    options.onPhase?.('ready');
    await ready(context);
    if (workloads.includes(audit.name)) context.growth = await measureGrowth(context);
    options.onPhase?.('load');
    await perform(context, workloads, {
      ...options,
      ...phases(context, faults, { ...options, load, logs, folder }),
    });
    reason = signal.aborted ? (options.stopped?.() ?? 'interrupted') : 'complete';
    options.onPhase?.('logs');
    await logs.settle(signal);
  } finally {
    unfollow?.();
    await logs.stop();
    context.recorder.finish(reason);
    await network.close();
  }
  options.onPhase?.('judge');
  const result = await judgeFile(folder);
  await writeFile(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  return { result, folder };
}

/** Returns the claims of a run: the claims of the target, and the claims that faults add. */
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

function runOf(target: Target, faults: readonly Disturbance[], options: Settled): Run {
  const started = new Date();
  const stamp = started.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const logs = (options.logs ?? []).map(log => log.name);
  const random = randomBytes(3).toString('hex');
  return {
    type: 'run',
    format: FORMAT,
    version: VERSION,
    run: `${stamp}-${random}`,
    seed: options.seed,
    started: started.toISOString(),
    target: target.name,
    url: target.url,
    command: options.command,
    claims: claimsOf(target, faults, logs.length),
    routing: target.routing,
    ...(target.declared === undefined ? {} : { declared: target.declared }),
    // The canary begins with a letter and contains only letters and digits, so that no app refuses it.
    canary: `b${random}`,
    logs,
  };
}

function contextOf(
  target: Target,
  run: Run,
  history: HistoryFile,
  network: Network,
  signal: AbortSignal,
  options: Settled,
): Context {
  const label = makeLabeller();
  const interpreter = interpreterOf(target, label, run.canary);
  const instances = new Instances(target);
  const recorder = new Recorder(history, startClock(), run, interpreter, label, operation => {
    instances.saw(operation);
    options.onOperation?.(operation);
  });
  const affinity = affinityOf(target, options, () => recorder.clock.now());
  const connect = (): SessionClient => new SessionClient(network, affinity);
  return {
    target,
    recorder,
    interpreter,
    instances,
    connect,
    canary: run.canary,
    random: seeded(options.seed),
    prefix: 'r',
    account: n => target.accounts[n % target.accounts.length] as Account,
    seats: seatsOf(target),
    spacing: target.sessions?.every === undefined ? undefined : new Spacing(target.sessions.every),
    registration:
      target.register && new Registration(target.register, target, connect, reply => interpreter.csrf(reply)),
    signal,
  };
}

/** @param now the time on the run's clock, microseconds */
function affinityOf(
  { instance }: Target,
  { affinity, seed, duration }: Settled,
  now: () => number,
): Affinity | undefined {
  if (affinity === undefined || instance?.sticky === undefined) return undefined;
  const middle = (duration / 2) * 1000;
  return new Affinity(instance.sticky, affinity, seeded(seed, 'affinity'), () => now() > middle);
}
