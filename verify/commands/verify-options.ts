/** Reads and checks the options of `baton verify` before anything starts. */
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { UsageError } from '../errors.ts';
import type { Target } from '../target/load.ts';
import { chosen, waits } from '../workloads/index.ts';
import { faultsOf, logsIn, milliseconds, nextVersion, rate, runnerOf, whole } from './arguments.ts';
import { balancerBehaviour } from './balancer-behaviour.ts';
import { basketOfUser, unclaimedGuarantees } from './claims.ts';
import type { OptionValues } from './options.ts';
import { replay } from './replay.ts';

export type RunOptions = ReturnType<typeof runOptions>;

/**
 * Returns the options of a run. With --stack, removes claims that do not hold with the store of the bundled stack.
 *
 * @throws UsageError if an option is wrong, or if two options contradict each other
 */
export function runOptions(file: string | undefined, values: OptionValues<'verify'>, target: Target) {
  const load = loadOf(file, values, target);
  const instances = whole('--instances', values.instances, 1, 64);
  const runner = runnerOf(values);
  const like = balancerBehaviour(values, instances);
  const wanted = faultsOf(values, target);
  const next = nextVersion(values.next);
  const workloads = chosen(target, load.workloads);
  if (!workloads.includes('hop')) refuseWithoutHop(wanted !== undefined, load.rate !== undefined);
  // Rejects several workers with --ui or --metrics, because these options follow only one history.
  const divided = load.workers > 1;
  const shown = values.ui || values.metrics !== undefined;
  if (shown) requireOneHistory(divided, values);
  if (runner !== undefined) claimLess(target);
  const waitMs = waits(target, workloads);
  return { load, instances, runner, like, wanted, next, divided, shown, waitMs, logs: logsIn(values.logs) };
}

function loadOf(file: string | undefined, values: OptionValues<'verify'>, { variables }: Target) {
  const seed =
    values.seed === undefined ? randomInt(2 ** 31) : whole('--seed', values.seed, 0, Number.MAX_SAFE_INTEGER);
  return {
    seed,
    sessions: whole('--sessions', values.sessions, 1, 10_000),
    duration: milliseconds(values.duration),
    rate: rate(values.rate),
    compress: values.compress,
    workers:
      values.workers === 'auto'
        ? Math.max(1, availableParallelism() - 1)
        : whole('--workers', values.workers, 1, 64),
    workloads: values.workload?.split(',') ?? [],
    out: values.out,
    command: replay({ file, values, seed, variables }),
  };
}

function refuseWithoutHop(hasFaults: boolean, hasRate: boolean): void {
  if (hasFaults)
    throw new UsageError(
      '--faults: expected the workload hop, which must run during faults; add it to --workload',
    );
  if (hasRate)
    throw new UsageError('--rate: expected the workload hop, the only one with a rate; add it to --workload');
}

function requireOneHistory(divided: boolean, values: OptionValues<'verify'>): void {
  if (divided)
    throw new UsageError(
      '--workers: expected one worker, because --ui and --metrics can follow only one history',
    );
  if (!values['sticky-report']) return;
  const [option, what] = values.ui ? ['--ui', 'a page'] : ['--metrics', 'metrics'];
  throw new UsageError(
    `${option}: --sticky-report makes several short runs without ${what}; remove one of the two`,
  );
}

function claimLess(target: Target): void {
  const less = unclaimedGuarantees(process.env);
  target.claims = target.claims.filter(name => !less.includes(name));
  if (basketOfUser(process.env)) for (const probe of target.probes) probe.scope = 'user';
}
