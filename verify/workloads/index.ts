/** Lists and runs all workloads. The workloads that find the most common defects come first. */
import { setTimeout as sleep } from 'node:timers/promises';
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
import { departedOf, replayDeparted } from './departed.ts';
import { fixation } from './fixation.ts';
import { generations } from './generations.ts';
import { hopAt, type Pace } from './hop.ts';
import { idle } from './idle.ts';
import { interleave } from './interleave.ts';
import { leaving } from './leaving.ts';
import { logoutRace } from './logout-race.ts';
import { refreshRace } from './refresh-race.ts';
import { Active, Tasks } from './tasks.ts';
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

const WORKLOADS: readonly string[] = ['hop', ...OTHERS.map(({ name }) => name)];

/** Length of the first phase, milliseconds. In this phase, only `hop` runs. */
const ALONE = 700;
/** Average pause of `hop` while other workloads run, milliseconds. */
const SLOWLY = 25;
/** Average pause of `hop` during faults, milliseconds. It leaves CPU time for the recovery. */
const STEADILY = 60;
/** Number of accounts that are reserved for each workload, if the target has enough accounts. */
const OWN_ACCOUNTS = 60;
/** Maximum duration of all workloads except `hop`, as a multiple of the duration of `hop`. */
const LONGER = 3;
/** Maximum duration of all workloads except `hop` if `hop` is short, milliseconds. */
const LEAST = 30_000;
/**
 * If the app limits sessions, workloads wait for each other, so their maximum duration is multiplied by this factor.
 */
const SEATED = 4;

/**
 * Returns the workloads to run.
 *
 * @param only names of workloads; empty for the workloads that the target's claims need
 * @throws UsageError if a workload does not exist, or the target lacks what it needs
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

/** Returns the workloads that can run against the target and provide evidence for a guarantee. */
export function feeding(target: Target, guarantees: readonly Guarantee[]): string[] {
  const wanted = OTHERS.filter(
    ({ feeds, lacks }) => feeds.some(one => guarantees.includes(one)) && lacks?.(target) === undefined,
  );
  return ['hop', ...wanted.map(({ name }) => name)];
}

/** Returns how long the workloads wait for declared timeouts, milliseconds. */
export const waits = (target: Target, names: readonly string[]): number =>
  Math.max(0, ...OTHERS.filter(({ name }) => names.includes(name)).map(({ takes }) => takes?.(target) ?? 0));

export interface Performance {
  sessions: number;
  duration: number;
  /** Number of actions of `hop` per second. By default, an action begins when the last one has ended. */
  rate?: Rate | undefined;
  /** The share of `hop`'s sessions that this worker thread drives; all by default. */
  part?: WorkerPart | undefined;
  /** Performs the faults, after all workloads except `hop` have ended. `hop` continues until the promise resolves. */
  disturb?: () => Promise<void>;
  /** Called when the load is over, before the last reads of `hop`. */
  settle?: () => Promise<void>;
  /** Called with descriptions of the running workloads, each time one begins or ends. */
  onActive?: (what: readonly string[]) => void;
}

/**
 * Runs the workloads concurrently, and throws the first error. If the app limits sessions, runs `hop` last, because
 * `hop` then uses all allowed sessions.
 */
export async function perform(
  outer: Context,
  names: readonly string[],
  { sessions, duration, rate, part, disturb, settle, onActive }: Performance,
): Promise<void> {
  const tasks = new Tasks(outer.signal);
  const context = { ...outer, departed: departedOf(outer), signal: tasks.signal };
  const after = (milliseconds: number) => context.recorder.clock.now() + milliseconds * 1000;
  const active = new Active(onActive);
  const run = (workload: Workload, inScope: Context, plan: Plan): Promise<void> =>
    tasks.begin(active.during(workload.name, workload.run(inScope, plan)));
  const pace: Pace = { pause: 0 };
  const hop = hopAt(pace);
  const inside = Promise.withResolvers<void>();
  const undisturbed = Promise.withResolvers<void>();
  const hopPlan: Plan = {
    sessions,
    part,
    deadline: 0,
    entered: inside.resolve,
    rate: rate && { ...rate, length: duration },
    ...(disturb === undefined && { undisturbed: undisturbed.promise }),
    ...(settle && { settle }),
  };
  const hops = (): Promise<void> => {
    hopPlan.deadline = disturb === undefined ? after(duration) : Number.POSITIVE_INFINITY;
    return names.includes('hop') ? run(hop, scope(context, hop, 0, part), hopPlan) : Promise.resolve();
  };
  const together = context.seats === undefined;
  let hopping = together ? hops() : undefined;
  const others = OTHERS.filter(({ name }) => names.includes(name));
  if (together && others.length > 0 && names.includes('hop')) {
    await sleep(Math.min(ALONE, duration / 4));
    pace.pause = SLOWLY;
  }
  const most = Math.max(LEAST, duration * LONGER) * (together ? 1 : SEATED);
  const loadEnds = together && disturb === undefined ? hopPlan.deadline : undefined;
  const plan: Plan = { sessions, deadline: after(most), loadEnds };
  const other = (one: Workload): Promise<void> =>
    run(one, scope(context, one, OTHERS.indexOf(one) + 1), plan);
  let aging: Promise<void> | undefined;
  try {
    // `age` takes as long as `hop` but sends few requests, so `hop` does not wait for it.
    aging = others.includes(age) ? other(age) : undefined;
    await Promise.all(others.filter(workload => workload !== age).map(other));
    hopping ??= hops();
    if (disturb === undefined) pace.pause = 0;
    else {
      // Replays the cookies of all logouts so far. During the faults, the workload `leaving` tests logouts.
      await replayDeparted(context);
      Object.assign(pace, { pause: STEADILY, disturbed: true });
      // Waits until all sessions of `hop` exist.
      await Promise.race([inside.promise, hopping]);
      await active.during('faults', beside(disturb, context, { ...hopPlan }));
    }
  } finally {
    if (disturb !== undefined) hopPlan.deadline = 0;
    void Promise.allSettled([aging]).then(() => undisturbed.resolve());
    await tasks.endAfterError();
  }
  await Promise.all([hopping, aging]);
  await replayDeparted(context);
  tasks.close();
}

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
      if (account === undefined) throw new UsageError('accounts: expected at least one account, got none');
      return account;
    },
  };
}
