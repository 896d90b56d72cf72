/** Defines the interface of a workload, and functions that several workloads use. */
import { setTimeout as sleep } from 'node:timers/promises';
import { stepAside } from '../client/bystander.ts';
import type { Context } from '../client/context.ts';
import type { How } from '../client/how.ts';
import type { WorkerPart } from '../client/part.ts';
import type { Operation } from '../core/history/history.ts';
import type { Guarantee } from '../core/result/guarantees.ts';
import type { Account, Target } from '../target/load.ts';
import type { Rate } from './arrivals.ts';

export interface Plan {
  sessions: number;
  /** Time after which no action begins, microseconds on the run's clock. */
  deadline: number;
  /** End of `hop`, microseconds on the run's clock. Absent if `hop` ends with the last fault. */
  loadEnds?: number | undefined;
  /** Actions of `hop` per second, and the time in which the rate changes (`length`, milliseconds). */
  rate?: (Rate & { length: number }) | undefined;
  /** The share of `hop`'s sessions that this worker thread drives; all if absent. */
  part?: WorkerPart | undefined;
  /** Called when the app has accepted or refused each client's first login. */
  entered?: () => void;
  /** Resolves when all workloads except `hop` have ended. Absent if the run performs faults. */
  undisturbed?: Promise<void>;
  /** Called when the load is over, before the last reads. */
  settle?: () => Promise<void>;
}

export interface Workload {
  name: string;
  does: string;
  feeds: readonly Guarantee[];
  /** Returns what the target file lacks for this workload. */
  lacks?(target: Target): string | undefined;
  /** Returns the minimum duration of waits for the target's timeouts, milliseconds. */
  takes?(target: Target): number;
  run(context: Context, plan: Plan): Promise<void>;
}

/**
 * Returns whether a workload must end.
 *
 * @param needed true if a verdict needs the next action, even after the deadline
 */
export const over = ({ signal, recorder }: Context, { deadline }: Plan, needed = false): boolean =>
  signal.aborted || (!needed && recorder.clock.now() >= deadline);

/** Maximum number of tries to reach an instance through the balancer. */
const TRIES = 6;
/** Number of consecutive timeouts after which Baton stops trying to reach an instance. */
const TIMEOUTS = 2;
/** Share of requests before which a second client sends one. Else a round robin may serve a session by one instance. */
export const BESIDE = 0.35;

interface Everywhere {
  /** Number of requests to each instance; 1 by default. */
  times?: number;
  /** If true, sends requests only through the balancer, because an instance may be down. */
  balanced?: boolean;
  /** The instances to reach; all known instances by default. */
  names?: Iterable<string>;
}

/**
 * Sends a request to every instance, through the balancer if clients cannot choose the instance. Returns the names of
 * the instances that served a request.
 */
export async function everywhere(
  context: Context,
  perform: (how: How) => Promise<Operation>,
  { times = 1, balanced = false, names = context.instances.names() }: Everywhere = {},
): Promise<ReadonlySet<string>> {
  const { instances, signal, random } = context;
  const answered = new Set<string>();
  const missing = new Map([...names].map(name => [name, times]));
  const nowhere = missing.size === 0 ? times : 0;
  let timeouts = 0;
  const one = async (how: How): Promise<void> => {
    const { instance, note } = await perform(how);
    timeouts = note === 'timeout' ? timeouts + 1 : 0;
    if (instance === undefined) return;
    answered.add(instance);
    const left = (missing.get(instance) ?? 0) - 1;
    if (left > 0) missing.set(instance, left);
    else missing.delete(instance);
  };
  for (const name of [...missing.keys()]) {
    if (balanced || instances.way(name) === undefined) continue;
    for (let i = 0; i < times && !signal.aborted; i++) await one({ to: name });
    missing.delete(name);
  }
  const tries = Math.max(1, missing.size) * times * TRIES;
  const more = (i: number): boolean => timeouts < TIMEOUTS && (missing.size > 0 || i < nowhere);
  for (let i = 0; i < tries && !signal.aborted && more(i); i++) {
    // A second client's request keeps a round robin from routing the first client always to the same instance.
    const aside = random.next() < BESIDE && stepAside(context);
    await one({});
    await aside;
  }
  return answered;
}

/**
 * Runs a task when the app's limit allows its sessions. Does nothing if the task needs more than the limit.
 *
 * @param sessions number of the task's concurrent sessions
 * @param act the task; its context has the accounts for its logins
 */
export async function seated(
  context: Context,
  sessions: number,
  act: (context: Context) => Promise<void>,
): Promise<void> {
  const { seats } = context;
  if (seats === undefined || sessions === 0) return act(context);
  if (sessions > seats.capacity) return;
  const { accounts, leave } = await seats.take(sessions);
  try {
    await act({ ...context, seats: undefined, account: n => accounts[n % sessions] as Account });
  } finally {
    leave();
  }
}

/**
 * Runs `count` tasks, `atOnce` at a time. Each task has its own random numbers, so that its requests do not depend on
 * the speed of concurrent tasks.
 *
 * @param sessions maximum number of a task's concurrent sessions
 */
export async function inTurn(
  context: Context,
  count: number,
  atOnce: number,
  task: (context: Context, n: number) => Promise<void>,
  sessions: number | ((n: number) => number) = 1,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const n = next++;
      const own = { ...context, random: context.random.fork(`${n}`) };
      await seated(own, typeof sessions === 'number' ? sessions : sessions(n), one => task(one, n));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
}

/** Returns the duration of an operation, milliseconds. */
export const lasted = ({ call, return: end = call }: Operation): number => (end - call) / 1000;

/**
 * Returns the n-th known instance. The first instance follows the last one. Returns undefined if no instance is known.
 */
export function aim({ instances }: Context, n: number): string | undefined {
  const names = instances.names();
  return names[n % names.length];
}

/** Waits for a number of milliseconds, or until the run is stopped. */
export async function pause({ signal }: Context, milliseconds: number): Promise<void> {
  await sleep(Math.max(0, milliseconds), undefined, { signal }).catch(() => {});
}
