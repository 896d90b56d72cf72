import { startComposeStack } from './compose.ts';
import { type LocalStackOptions, startLocalStack } from './local.ts';
import type { Runner, Stack, StackOptions } from './stack.ts';

/** Options that only the stack of local processes supports. */
type OnlyLocal = Pick<LocalStackOptions, 'sticky' | 'profile'>;

/** Starts the stack. If the start fails, stops everything and throws the error. */
export async function startStack(
  runner: Runner,
  { sticky, profile, ...options }: StackOptions & OnlyLocal,
): Promise<Stack> {
  if (runner === 'local') return startLocalStack({ ...options, sticky, profile });
  if (sticky) throw new Error('only the local stack has a sticky balancer: use --stack local');
  if (profile) throw new Error('only the local stack has profiles: use --stack local');
  return startComposeStack(options);
}
