/** Starts the bundled stack in one of its ways. */
import { startLocalStack } from './local.ts';
import type { Stack, StackOptions } from './stack.ts';

/** The ways to run it: local processes, containers. */
export const RUNNERS = ['local', 'compose'] as const;
export type Runner = (typeof RUNNERS)[number];

/** Throws what the runner throws; nothing is left running then. */
export async function startStack(runner: Runner, options: StackOptions): Promise<Stack> {
  if (runner === 'local') return startLocalStack(options);
  // Only here, so that nobody else needs the engine's library.
  const { startComposeStack } = await import('./compose.ts');
  return startComposeStack(options);
}
