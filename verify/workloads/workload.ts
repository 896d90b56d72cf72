/** Defines a workload: the actions of its clients, the guarantees for which it gives evidence, and its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { stepAside } from '../client/bystander.ts';
import type { Context } from '../client/context.ts';
import type { Driver } from '../client/driver.ts';
import type { How } from '../client/how.ts';
import type { WorkerPart } from '../client/part.ts';
import type { SessionClient } from '../client/session-client.ts';
import type { Operation } from '../core/history/history.ts';
import type { Guarantee } from '../core/result/guarantees.ts';
import type { Account, Target } from '../target/load.ts';
import type { Rate } from './arrivals.ts';

export interface Plan {
  /** Number of concurrent sessions of hop. */
  sessions: number;
  /** After this time no new action begins, microseconds on the run's clock. */
  deadline: number;
  /**
   * The time at which the load of hop ends, microseconds on the run's clock. Absent if faults decide when the
   * load ends.
   */
  loadEnds?: number | undefined;
  /** The rate at which the sessions of hop begin actions, and the time in which the rate changes, milliseconds. */
  rate?: (Rate & { length: number }) | undefined;
  /** The part of the sessions of hop that this plan performs. Absent: all. */
  part?: WorkerPart | undefined;
  /** Called as soon as all clients of the workload have logged in or have been refused. */
  entered?: () => void;
  /** Called between the load and the last reads. The last reads wait for its promise. */
  settle?: () => Promise<void>;
}

export interface Workload {
  name: string;
  /** A short description of what the clients do. */
  does: string;
  /** The guarantees for which the workload gives evidence. */
  feeds: readonly Guarantee[];
  /** Returns what the target file lacks for this workload; undefined if it lacks nothing. */
  lacks?(target: Target): string | undefined;
  /** Returns the minimum duration of the workload, milliseconds, if the target determines it. */
  takes?(target: Target): number;
  run(context: Context, plan: Plan): Promise<void>;
}

/**
 * Returns whether the workload must not begin new actions.
 *
 * @param needed true if a verdict needs the action. Such an action may begin after the deadline, so that a slow
 *   machine gives enough evidence
 */
export const over = ({ signal, recorder }: Context, { deadline }: Plan, needed = false): boolean =>
  signal.aborted || (!needed && recorder.clock.now() >= deadline);

/** Maximum number of tries for each wanted instance, if clients cannot choose the instance. */
const TRIES = 6;
/** After this number of consecutive timeouts the tries end, because more tries would only wait. */
const TIMEOUTS = 2;
/** Share of tries with a concurrent request of another client, so that a round robin does not fall into step. */
export const BESIDE = 0.35;

interface Everywhere {
  /** Number of requests on each instance; 1 by default. */
  times?: number;
  /** True: sends requests only through the balancer, because an instance may be down. */
  balanced?: boolean;
  /** The wanted instances; all known instances by default. */
  names?: Iterable<string>;
}

/**
 * Performs a request on every instance. If clients can choose the instance, sends one request to each. Otherwise
 * sends requests through the balancer until each instance has served a request, with a limited number of tries.
 *
 * @returns the instances that served a request
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
    // Another client sends a request at the same time. If the other client always sent its request first, the two
    // clients would alternate and stay in step with a round robin.
    const aside = random.next() < BESIDE && stepAside(context);
    await one({});
    await aside;
  }
  return answered;
}

/** Replays an old cookie: reads with a copy of the cookies from before a logout. */
export const replayed = async (driver: Driver, old: SessionClient, how: How): Promise<Operation> =>
  (await driver.read(undefined, { ...how, labelled: true, as: { client: old.copy(), with: 'old' } }))
    .operation;

/**
 * Waits for seats if the app limits the sessions of a user. A task that needs more seats than exist does not run, and
 * gives no evidence.
 *
 * @param sessions number of sessions at the same time
 * @param act receives a context with the accounts that it may log in with
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
 * Runs `count` tasks in order, `atOnce` at a time. Each task has separate random numbers, so that the plan depends on
 * the seed and not on the speed of the tasks.
 *
 * @param sessions maximum number of sessions that a task has at the same time
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

/** Returns the n-th instance, so that different sessions use different instances. */
export function aim({ instances }: Context, n: number): string | undefined {
  const names = instances.names();
  return names[n % names.length];
}

/** Waits, unless the run stops. */
export async function pause({ signal }: Context, milliseconds: number): Promise<void> {
  await sleep(Math.max(0, milliseconds), undefined, { signal }).catch(() => {});
}
