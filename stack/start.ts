/** Starts the bundled stack in one of its ways. */
import { startLocalStack } from './local.ts';
import type { Runner, Stack, StackOptions } from './stack.ts';

/** Keeps each visitor on one instance, by a cookie of the balancer's. */
interface Routing {
  sticky?: boolean;
}

/** Throws what the runner throws; nothing is left running then. */
export async function startStack(
  runner: Runner,
  { sticky = false, ...options }: StackOptions & Routing,
): Promise<Stack> {
  if (runner === 'local') return startLocalStack({ ...options, sticky });
  if (sticky) throw new Error('only the local stack has a sticky balancer: use --stack local');
  // Only here, so that nobody else needs the engine's library.
  const { startComposeStack } = await import('./compose.ts');
  return startComposeStack(options);
}
