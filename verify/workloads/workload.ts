/** What every workload is: what its clients do, what it is evidence for, when it ends. */
import { stepAside } from '../client/bystander.ts';
import type { Context } from '../client/context.ts';
import type { Driver } from '../client/driver.ts';
import type { How } from '../client/requests.ts';
import type { SessionClient } from '../client/session-client.ts';
import type { Guarantee } from '../core/guarantees.ts';
import type { Operation } from '../core/history.ts';
import type { Account, Target } from '../target/load.ts';

export interface Plan {
  /** How many sessions hop drives at once. */
  sessions: number;
  /** Nothing new is begun from then on, microseconds on the run's clock. */
  deadline: number;
  /** Told once all of its clients have logged in, or were refused. */
  entered?: () => void;
  /** What is waited for between the load and the last reads. */
  settle?: () => Promise<void>;
}

export interface Workload {
  name: string;
  /** What its clients do, in a few words. */
  does: string;
  /** What its histories are evidence for. */
  feeds: readonly Guarantee[];
  /** @returns what the target file lacks for it; undefined when nothing */
  lacks?(target: Target): string | undefined;
  /** @returns how long it takes at the least, milliseconds, where that is up to the target */
  takes?(target: Target): number;
  run(context: Context, plan: Plan): Promise<void>;
}

/** @returns whether nothing new is to be begun */
export const over = ({ signal, recorder }: Context, { deadline }: Plan): boolean =>
  signal.aborted || recorder.clock.now() >= deadline;

/** Without a way to choose the instance, so many tries for each one that is wanted. */
const TRIES = 6;
/** After so many timeouts in a row the rest of the tries would only wait. */
const TIMEOUTS = 2;
/** Share of tries beside which another client sends a request: a round robin must not fall into step with us. */
export const BESIDE = 0.35;

interface Everywhere {
  /** How often on each (1). */
  times?: number;
  /** Through the balancer alone, as where an instance may be away. */
  balanced?: boolean;
  /** Which instances, where not all can be reached. */
  names?: Iterable<string>;
}

/**
 * Performs a request on every instance: directly where one can be chosen, else through the balancer until each has
 * answered, within a bound.
 *
 * @returns the instances that answered
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
    // Beside it, not before it: two clients in turn would stay in step.
    const aside = random.next() < BESIDE && stepAside(context);
    await one({});
    await aside;
  }
  return answered;
}

/** Sends a cookie from before a logout. */
export const replayed = async (driver: Driver, old: SessionClient, how: How): Promise<Operation> =>
  (await driver.read(undefined, { ...how, telling: true, as: { client: old.copy(), with: 'old' } }))
    .operation;

/**
 * Where the app allows a user only so many sessions, waits until there may be so many more. What needs more than there
 * can ever be is not begun: there is no evidence of it.
 *
 * @param sessions at the same time
 * @param act gets the accounts that it may log in with
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
 * Runs so many tasks, a few at a time, in order. Each has random numbers of its own, so that the seed gives the same
 * plan whichever is faster.
 *
 * @param sessions that a task has at the same time, at the most
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

/** @returns how long an operation took, milliseconds */
export const lasted = ({ call, return: end = call }: Operation): number => (end - call) / 1000;
