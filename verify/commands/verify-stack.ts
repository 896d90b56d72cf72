/** Starts the bundled stack for `baton verify --stack`. */
import type { Runner, Stack, StackOptions } from '../../stack/stack.ts';
import { UnavailableError } from '../errors.ts';
import { addressesOf } from '../faults/changes.ts';
import { needsLinks } from '../faults/index.ts';
import type { Target } from '../target/load.ts';
import type { BalancerBehaviour } from './balancer-behaviour.ts';
import { fromCheckout } from './checkout.ts';
import { passedOn } from './replay.ts';
import type { RunOptions } from './verify-options.ts';

/** --profile and --sticky define the routing of the bundled stack, even if the target claims a different one. */
function setRouting(target: Target, { profile, sticky }: BalancerBehaviour): void {
  if (profile?.choice === 'least-outstanding') target.routing = profile.choice;
  if (sticky === undefined) return;
  target.routing = 'sticky';
  if (target.instance !== undefined) target.instance.sticky = sticky.cookie;
}

/**
 * Starts the stack that `--stack` names, and adapts the target to it: its address, its routing and its instances.
 *
 * @throws UnavailableError if the stack does not start
 */
export async function startRunStack(
  runner: Runner,
  { instances, like, wanted }: Pick<RunOptions, 'instances' | 'like' | 'wanted'>,
  target: Target,
  { signal, onStep }: { signal: AbortSignal; onStep: (step: string) => void },
): Promise<Stack> {
  const links = wanted !== undefined && needsLinks(wanted);
  const stack = await start(runner, { instances, ...like, links, signal }, onStep);
  target.url = stack.url;
  setRouting(target, like);
  // Baton also sends requests directly to the instances, to find differences between them sooner.
  if (target.instance !== undefined) target.instance.addresses ??= addressesOf(stack);
  return stack;
}

async function start(
  runner: Runner,
  options: Pick<StackOptions, 'instances' | 'links'> & BalancerBehaviour & { signal: AbortSignal },
  onStep: (step: string) => void,
): Promise<Stack> {
  const { startStack } = await fromCheckout('--stack', () => import('../../stack/start.ts'));
  try {
    return await startStack(runner, { ...options, port: 'any', env: passedOn(process.env), onStep });
  } catch (error) {
    if (options.signal.aborted) throw error;
    throw new UnavailableError(`the bundled stack did not start: ${(error as Error).message}`);
  }
}
