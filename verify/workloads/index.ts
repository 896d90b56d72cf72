/** Lists all workloads and performs them together. The workloads that find the most common defects come first. */
import type { Context } from '../client/context.ts';
import { accountsOf, type WorkerPart } from '../client/part.ts';
import type { Guarantee } from '../core/result/guarantees.ts';
import { UsageError } from '../errors.ts';
import type { Target } from '../target/load.ts';
import { age } from './age.ts';
import type { Rate } from './arrivals.ts';
import { audit } from './audit.ts';
import { burst } from './burst.ts';
import { coldBurst } from './cold-burst.ts';
import { fixation } from './fixation.ts';
import { generations } from './generations.ts';
import { hopAt, type Pace } from './hop.ts';
import { idle } from './idle.ts';
import { interleave } from './interleave.ts';
import { leaving } from './leaving.ts';
import { logoutRace } from './logout-race.ts';
import { refreshRace } from './refresh-race.ts';
import type { Plan, Workload } from './workload.ts';

const OTHERS: readonly Workload[] = [
  burst,
  logoutRace,
  interleave,
  fixation,
  coldBurst,
  audit,
  idle,
  age,
  refreshRace,
];

/** Names of all workloads, hop first. */
const WORKLOADS: readonly string[] = ['hop', ...OTHERS.map(({ name }) => name)];

/** Time during which only hop runs, milliseconds. */
const ALONE = 700;
/** Pause of hop before each request while other workloads race, milliseconds. */
const SLOWLY = 25;
/**
 * Pause of hop before each request while faults are performed, milliseconds. Many sessions must run during the
 * faults, but must leave CPU time for the system.
 */
const STEADILY = 60;
/** Number of accounts that only one workload uses, if there are enough accounts. */
const OWN_ACCOUNTS = 60;
/** Time limit of the other workloads, as a multiple of hop's duration. */
const LONGER = 3;
/** Minimum time limit of the other workloads, milliseconds. */
const LEAST = 30_000;
/** Factor for the time limit of the other workloads if they wait for each other's seats. */
const SEATED = 4;

/**
 * Returns the workloads to run.
 *
 * @param only names of workloads. If empty: the workloads for the target's claims, and for guarantees that its set of
 * claims omits
 * @throws UsageError when a workload does not exist, or when the target lacks what the workload needs
 */
export function chosen(target: Target, only: readonly string[]): string[] {
  for (const name of only) {
    const workload = OTHERS.find(candidate => candidate.name === name);
    if (workload === undefined && name !== 'hop')
      throw new UsageError(
        `--workload: expected one of ${WORKLOADS.join(', ')}, got ${JSON.stringify(name)}`,
      );
    const lacks = workload?.lacks?.(target);
    if (lacks !== undefined)
      throw new UsageError(`--workload ${name}: the target file lacks ${lacks} (docs/target-file.md)`);
  }
  return only.length > 0 ? [...only] : feeding(target, [...target.claims, ...target.leftOut]);
}

/** Returns the workloads that can run against the target and give evidence for some of the guarantees. */
export function feeding(target: Target, guarantees: readonly Guarantee[]): string[] {
  const wanted = OTHERS.filter(
    ({ feeds, lacks }) => feeds.some(one => guarantees.includes(one)) && lacks?.(target) === undefined,
  );
  return ['hop', ...wanted.map(({ name }) => name)];
}

/**
 * Returns the time for which the workloads must wait for the target's timeouts, milliseconds; 0 if they do not wait.
 */
export const waits = (target: Target, names: readonly string[]): number =>
  Math.max(0, ...OTHERS.filter(({ name }) => names.includes(name)).map(({ takes }) => takes?.(target) ?? 0));

export interface Performance {
  sessions: number;
  /** Duration of hop, milliseconds. */
  duration: number;
  /**
   * The rate at which the sessions of hop begin actions; without a rate, each session begins an action as
   * soon as its last response has come.
   */
  rate?: Rate | undefined;
  /** The part of the sessions of hop to perform; all by default. */
  part?: WorkerPart | undefined;
  /** Performs the faults. Called when the other workloads have ended; hop continues until the promise resolves. */
  disturb?: () => Promise<void>;
  /** Called between the load and the last reads. */
  settle?: () => Promise<void>;
  /** Called with descriptions of the running tasks each time a task begins or ends. */
  onActive?: (what: readonly string[]) => void;
}

/** Descriptions of workloads that may take longer than the load. For other workloads, the progress shows the name. */
const GOES_ON: Readonly<Record<string, string>> = {
  hop: 'the last reads of the sessions',
  idle: 'sessions that must reach their declared timeouts',
  'refresh-race': 'spent tokens that are sent after the grace period',
};

/** Keeps the list of running tasks. */
class Active {
  readonly #what = new Set<string>();
  readonly #report: (what: readonly string[]) => void;

  constructor(report: (what: readonly string[]) => void = () => {}) {
    this.#report = report;
  }

  async during(name: string, act: Promise<void>): Promise<void> {
    const what = GOES_ON[name] ?? name;
    this.#what.add(what);
    this.#report([...this.#what]);
    try {
      await act;
    } finally {
      this.#what.delete(what);
      this.#report([...this.#what]);
    }
  }
}

/**
 * Runs the workloads together, and returns when all have ended. If a workload fails, waits for the end of the others,
 * then throws. If the app limits the sessions of a user, hop runs after the other workloads, because hop takes all
 * sessions.
 */
export async function perform(
  outer: Context,
  names: readonly string[],
  { sessions, duration, rate, part, disturb, settle, onActive }: Performance,
): Promise<void> {
  const failing = new AbortController();
  const context = { ...outer, signal: AbortSignal.any([outer.signal, failing.signal]) };
  const begun: Promise<void>[] = [];
  /** Adds a task. If the task fails, all tasks end. */
  const begin = (task: Promise<void>): Promise<void> => {
    begun.push(task);
    task.catch(() => failing.abort());
    return task;
  };
  const after = (milliseconds: number) => context.recorder.clock.now() + milliseconds * 1000;
  const active = new Active(onActive);
  const pace: Pace = { pause: 0 };
  const hop = hopAt(pace);
  const inside = Promise.withResolvers<void>();
  const hopPlan: Plan = {
    sessions,
    part,
    deadline: 0,
    rate: rate && { ...rate, length: duration },
    entered: inside.resolve,
    ...(settle && { settle }),
  };
  const hops = (): Promise<void> => {
    hopPlan.deadline = disturb === undefined ? after(duration) : Number.POSITIVE_INFINITY;
    return names.includes('hop')
      ? begin(active.during('hop', hop.run(scope(context, hop, 0, part), hopPlan)))
      : Promise.resolve();
  };
  const together = context.seats === undefined;
  let hopping = together ? hops() : undefined;
  const others = OTHERS.filter(({ name }) => names.includes(name));
  if (together && others.length > 0 && names.includes('hop')) {
    await pause(Math.min(ALONE, duration / 4));
    pace.pause = SLOWLY;
  }
  const most = Math.max(LEAST, duration * LONGER) * (together ? 1 : SEATED);
  const loadEnds = together && disturb === undefined ? hopPlan.deadline : undefined;
  const plan: Plan = { sessions, deadline: after(most), loadEnds };
  const run = (workload: Workload): Promise<void> =>
    begin(
      active.during(
        workload.name,
        workload.run(scope(context, workload, OTHERS.indexOf(workload) + 1), plan),
      ),
    );
  let aging: Promise<void> | undefined;
  try {
    // The sessions of `age` live as long as the sessions of hop, and send few requests. So hop returns to full speed
    // without waiting for `age`.
    aging = others.includes(age) ? run(age) : undefined;
    await Promise.all(others.filter(workload => workload !== age).map(run));
    hopping ??= hops();
    if (disturb !== undefined) Object.assign(pace, { pause: STEADILY, disturbed: true });
    else pace.pause = 0;
    if (disturb !== undefined) {
      // Waits until the sessions of hop exist, because a session that begins later does not see the fault. Without
      // hop, waits for no session.
      await Promise.race([inside.promise, hopping]);
      await active.during('faults', beside(disturb, context, { ...hopPlan }));
    }
  } finally {
    if (disturb !== undefined) hopPlan.deadline = 0;
    // After an error, no task may go on while the caller closes what it uses.
    if (failing.signal.aborted) await Promise.allSettled(begun);
  }
  await Promise.all([hopping, aging]);
}

/**
 * Runs the faults, together with clients that log out during the faults and make their last replays after all faults.
 * Then compares sessions from before the faults with new sessions.
 */
async function beside(disturb: () => Promise<void>, context: Context, plan: Plan): Promise<void> {
  const own = (name: string, place: number): Context => scope(context, { name }, OTHERS.length + place);
  const compare = await generations(own('generations', 2));
  await Promise.all([
    leaving(own('leaving', 1), plan),
    disturb().finally(() => {
      plan.deadline = 0;
    }),
  ]);
  await compare();
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, milliseconds));

/** Returns a context with separate random numbers, accounts and names for a workload. */
function scope(
  context: Context,
  { name }: Pick<Workload, 'name'>,
  place: number,
  part: WorkerPart = { number: 0, of: 1 },
): Context {
  const accounts = accountsOf(context.target.accounts, part);
  return {
    ...context,
    random: context.random.fork(name),
    prefix: `${name.replaceAll(/[^a-z]/g, '')}-`,
    account: n => {
      const account = accounts[(place * OWN_ACCOUNTS + n) % accounts.length];
      if (account === undefined) throw new UsageError('accounts: expected at least one account');
      return account;
    },
  };
}
