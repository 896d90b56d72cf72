/** Starts the bundled stack in one of its ways. */
import { type LocalStackOptions, startLocalStack } from './local.ts';
import type { Runner, Stack, StackOptions } from './stack.ts';

/** What only local processes can be: sticky, and like the balancers and groups of others. */
type OnlyLocal = Pick<LocalStackOptions, 'sticky' | 'profile'>;

/** Throws what the runner throws; nothing is left running then. */
export async function startStack(
  runner: Runner,
  { sticky, profile, ...options }: StackOptions & OnlyLocal,
): Promise<Stack> {
  if (runner === 'local') return startLocalStack({ ...options, sticky, profile });
  if (sticky) throw new Error('only the local stack has a sticky balancer: use --stack local');
  if (profile) throw new Error('only the local stack has profiles: use --stack local');
  // Only here, so that nobody else needs the engine's library.
  const { startComposeStack } = await import('./compose.ts');
  return startComposeStack(options);
}
