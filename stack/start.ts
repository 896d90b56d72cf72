/** Starts the bundled stack with one of its runners. */
import { startComposeStack } from './compose.ts';
import { type LocalStackOptions, startLocalStack } from './local.ts';
import type { Runner, Stack, StackOptions } from './stack.ts';

/** Options that only the local runner supports: a sticky balancer, and the imitation of another balancer (profile). */
type OnlyLocal = Pick<LocalStackOptions, 'sticky' | 'profile'>;

/** Starts the stack. Throws the error of the runner; nothing is left running then. */
export async function startStack(
  runner: Runner,
  { sticky, profile, ...options }: StackOptions & OnlyLocal,
): Promise<Stack> {
  if (runner === 'local') return startLocalStack({ ...options, sticky, profile });
  if (sticky) throw new Error('only the local stack has a sticky balancer: use --stack local');
  if (profile) throw new Error('only the local stack has profiles: use --stack local');
  return startComposeStack(options);
}
