/** Runs the workloads of a run concurrently. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../client/context.ts';
import { accountsOf, type WorkerPart } from '../client/part.ts';
import { UsageError } from '../errors.ts';
import { age } from './age.ts';
import type { Rate } from './arrivals.ts';
import { departedOf, replayDeparted } from './departed.ts';
import { generations } from './generations.ts';
import { hopAt } from './hop.ts';
import type { Pace } from './hop-client.ts';
import { OTHERS } from './index.ts';
import { leaving } from './leaving.ts';
import { Active, Tasks } from './tasks.ts';
import type { Plan, Workload } from './workload.ts';

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
export const perform = (
  context: Context,
  names: readonly string[],
  performance: Performance,
): Promise<void> => new Load(context, names, performance).perform();

class Load {
  readonly #context: Context;
  readonly #names: readonly string[];
  readonly #performance: Performance;
  readonly #tasks: Tasks;
  readonly #active: Active;
  readonly #pace: Pace = { pause: 0 };
  /** Resolves when all sessions of `hop` exist. */
  readonly #entered = Promise.withResolvers<void>();
  /** Resolves when all workloads except `hop` have ended. */
  readonly #undisturbed = Promise.withResolvers<void>();
  readonly #hopPlan: Plan;

  constructor(outer: Context, names: readonly string[], performance: Performance) {
    this.#tasks = new Tasks(outer.signal);
    this.#context = { ...outer, departed: departedOf(outer), signal: this.#tasks.signal };
    this.#names = names;
    this.#performance = performance;
    this.#active = new Active(performance.onActive);
    const { sessions, duration, rate, part, disturb, settle } = performance;
    this.#hopPlan = {
      sessions,
      part,
      deadline: 0,
      entered: this.#entered.resolve,
      rate: rate && { ...rate, length: duration },
      ...(disturb === undefined && { undisturbed: this.#undisturbed.promise }),
      ...(settle && { settle }),
    };
  }

  async perform(): Promise<void> {
    const { disturb } = this.#performance;
    const together = this.#context.seats === undefined;
    let hopping = together ? this.#hop() : undefined;
    if (together) await this.#slowHopDown();
    let aging: Promise<void> | undefined;
    try {
      const { others, endOfAge } = this.#beginOthers(together);
      aging = endOfAge;
      await others;
      hopping ??= this.#hop();
      if (disturb === undefined) this.#pace.pause = 0;
      else await this.#disturb(disturb, hopping);
    } finally {
      if (disturb !== undefined) this.#hopPlan.deadline = 0;
      void Promise.allSettled([aging]).then(() => this.#undisturbed.resolve());
      await this.#tasks.endAfterError();
    }
    await Promise.all([hopping, aging]);
    await replayDeparted(this.#context);
    this.#tasks.close();
  }

  #hop(): Promise<void> {
    const { duration, part, disturb } = this.#performance;
    this.#hopPlan.deadline = disturb === undefined ? this.#after(duration) : Number.POSITIVE_INFINITY;
    if (!this.#names.includes('hop')) return Promise.resolve();
    const hop = hopAt(this.#pace);
    return this.#run(hop, scope(this.#context, hop, 0, part), this.#hopPlan);
  }

  /** Lets `hop` run alone for a moment, and then leaves time for the other workloads. */
  async #slowHopDown(): Promise<void> {
    if (!this.#names.includes('hop') || this.#others().length === 0) return;
    await sleep(Math.min(ALONE, this.#performance.duration / 4));
    this.#pace.pause = SLOWLY;
  }

  #others(): Workload[] {
    return OTHERS.filter(({ name }) => this.#names.includes(name));
  }

  /** Begins all workloads except `hop`. Only the end of the run waits for `age`, which takes as long as `hop`. */
  #beginOthers(together: boolean): { others: Promise<unknown>; endOfAge: Promise<void> | undefined } {
    const { sessions, duration, disturb } = this.#performance;
    const most = Math.max(LEAST, duration * LONGER) * (together ? 1 : SEATED);
    const loadEnds = together && disturb === undefined ? this.#hopPlan.deadline : undefined;
    const plan: Plan = { sessions, deadline: this.#after(most), loadEnds };
    const begin = (one: Workload): Promise<void> =>
      this.#run(one, scope(this.#context, one, OTHERS.indexOf(one) + 1), plan);
    const all = this.#others();
    const endOfAge = all.includes(age) ? begin(age) : undefined;
    return { others: Promise.all(all.filter(workload => workload !== age).map(begin)), endOfAge };
  }

  async #disturb(disturb: () => Promise<void>, hopping: Promise<void>): Promise<void> {
    // Replays the cookies of all logouts so far. During the faults, the workload `leaving` tests logouts.
    await replayDeparted(this.#context);
    Object.assign(this.#pace, { pause: STEADILY, disturbed: true });
    await Promise.race([this.#entered.promise, hopping]);
    await this.#active.during('faults', beside(disturb, this.#context, { ...this.#hopPlan }));
  }

  #run(workload: Workload, inScope: Context, plan: Plan): Promise<void> {
    return this.#tasks.begin(this.#active.during(workload.name, workload.run(inScope, plan)));
  }

  #after(milliseconds: number): number {
    return this.#context.recorder.clock.now() + milliseconds * 1000;
  }
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
